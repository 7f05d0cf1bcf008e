// In the place of the SDK's module rng, a generator with 16 bytes of seed whose output everybody sees: here each byte is from
// the hardware's generator, as Math.random is on ESP32. The SDK's simulator has none: its keys are the same at every start.

export default Object.freeze({
	get(count: number): ArrayBuffer {
		const bytes = new Uint8Array(count);
		for (let i = 0; i < count; i += 1) bytes[i] = Math.floor(Math.random() * 256);
		return bytes.buffer;
	},
});
