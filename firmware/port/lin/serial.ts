// The SDK's simulator has no serial port of its own: what it is set to stands in the build's arguments.

export function serialPort(): undefined {
	return undefined;
}
