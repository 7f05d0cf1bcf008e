// The network of the SDK's simulator: the desktop's, which is there.

export function startNetwork(_ssid: string, _password: string, onChanged: (usable: boolean) => void): void {
	onChanged(true);
}

export function macAddress(): string | undefined {
	return undefined;
}

export function signalStrength(): number | undefined {
	return undefined;
}
