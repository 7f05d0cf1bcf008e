// What a WebSocket's handshake is proved with: SHA-1, in this place no secret of anybody's.

const BLOCK_BYTES = 64;

/** 20 bytes. */
export function sha1(data: Uint8Array): Uint8Array {
	const padded = new Uint8Array((Math.floor((data.length + 8) / BLOCK_BYTES) + 1) * BLOCK_BYTES);
	padded.set(data);
	padded[data.length] = 0x80;
	for (let i = 0; i < 4; i += 1) padded[padded.length - 1 - i] = (data.length * 8) >>> (8 * i);
	const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
	for (let at = 0; at < padded.length; at += BLOCK_BYTES) mix(state, padded, at);
	const sum = new Uint8Array(20);
	for (let i = 0; i < 20; i += 1) sum[i] = state[i >> 2]! >>> (24 - 8 * (i & 3));
	return sum;
}

function mix(state: number[], bytes: Uint8Array, at: number): void {
	const words: number[] = [];
	for (let i = 0; i < 80; i += 1) {
		const from = at + 4 * i;
		words[i] =
			i < 16
				? (bytes[from]! << 24) | (bytes[from + 1]! << 16) | (bytes[from + 2]! << 8) | bytes[from + 3]!
				: turned(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1);
	}
	let [a, b, c, d, e] = state as [number, number, number, number, number];
	for (let i = 0; i < 80; i += 1) {
		const round = Math.floor(i / 20);
		const chosen = round === 0 ? (b & c) | (~b & d) : round === 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
		const constant = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6][round]!;
		const next = (turned(a, 5) + chosen + e + constant + words[i]!) | 0;
		e = d;
		d = c;
		c = turned(b, 30);
		b = a;
		a = next;
	}
	for (const [i, value] of [a, b, c, d, e].entries()) state[i] = (state[i]! + value) | 0;
}

function turned(word: number, by: number): number {
	return (word << by) | (word >>> (32 - by));
}
