// SHA-256 and HMAC (FIPS 180-4, RFC 2104) in plain arithmetic: firmware/io.ts's Digest on any engine, whatever it costs there.

import type { Digest } from "../../firmware/io.js";

const BLOCK_BYTES = 64;

/** The first 32 bits of the fraction of the root of the first `count` primes; `power` is 1/2 or 1/3. */
function fractions(count: number, power: number): number[] {
	const found: number[] = [];
	for (let n = 2; found.length < count; n += 1) {
		let isPrime = true;
		for (let i = 2; i * i <= n; i += 1) if (n % i === 0) isPrime = false;
		if (isPrime) found.push(((n ** power % 1) * 0x1_0000_0000) >>> 0);
	}
	return found;
}

const START = fractions(8, 1 / 2);
const ROUNDS = fractions(64, 1 / 3);

function turned(word: number, by: number): number {
	return (word >>> by) | (word << (32 - by));
}

function sha256(data: Uint8Array): Uint8Array {
	const padded = new Uint8Array((((data.length + 8) >> 6) + 1) * BLOCK_BYTES);
	padded.set(data);
	padded[data.length] = 0x80;
	const view = new DataView(padded.buffer);
	view.setUint32(padded.length - 4, data.length * 8);
	const state = [...START];
	const w = new Int32Array(64);
	for (let block = 0; block < padded.length; block += BLOCK_BYTES) {
		for (let i = 0; i < 64; i += 1) {
			if (i < 16) {
				w[i] = view.getInt32(block + i * 4);
				continue;
			}
			const a = w[i - 15]!;
			const b = w[i - 2]!;
			const low = turned(a, 7) ^ turned(a, 18) ^ (a >>> 3);
			const high = turned(b, 17) ^ turned(b, 19) ^ (b >>> 10);
			w[i] = w[i - 16]! + low + w[i - 7]! + high;
		}
		let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number];
		for (let i = 0; i < 64; i += 1) {
			const chosen = (e & f) ^ (~e & g);
			const first = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + chosen + ROUNDS[i]! + w[i]!) | 0;
			const most = (a & b) ^ (a & c) ^ (b & c);
			const second = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + most) | 0;
			h = g;
			g = f;
			f = e;
			e = (d + first) | 0;
			d = c;
			c = b;
			b = a;
			a = (first + second) | 0;
		}
		for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = (state[i]! + word) | 0;
	}
	const digest = new DataView(new ArrayBuffer(32));
	for (const [i, word] of state.entries()) digest.setInt32(i * 4, word);
	return new Uint8Array(digest.buffer);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(first.length + second.length);
	bytes.set(first);
	bytes.set(second, first.length);
	return bytes;
}

export const plainDigest: Digest = {
	sha256,
	hmac(key, data) {
		const short = key.length > BLOCK_BYTES ? sha256(key) : key;
		const padded = (value: number) => Uint8Array.from({ length: BLOCK_BYTES }, (_, i) => (short[i] ?? 0) ^ value);
		return sha256(joined(padded(0x5c), sha256(joined(padded(0x36), data))));
	},
};
