// What tests and their codec use that XS does not have. The engine's own functions stay as they are.

import { Buffer } from "node:buffer";
import { writeToStream } from "mqtt-packet";

declare function print(text: string): void;

const world = globalThis as Record<string, unknown>;

world["Buffer"] = Buffer;
world["process"] = {
	env: { STORMS: "10" },
	nextTick: (run: (...args: unknown[]) => void, ...args: unknown[]) => run(...args),
};
world["console"] = { log: (...parts: unknown[]) => print(parts.join(" ")), error: () => {}, warn: () => {} };
world["TextEncoder"] = class {
	encode(text: string): Uint8Array {
		const bytes: number[] = [];
		for (const character of text) {
			const code = character.codePointAt(0)!;
			const more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x1_0000 ? 2 : 3;
			bytes.push(more === 0 ? code : ((0xff00 >> (more + 1)) & 0xff) | (code >> (6 * more)));
			for (let i = more - 1; i >= 0; i -= 1) bytes.push(0x80 | ((code >> (6 * i)) & 63));
		}
		return new Uint8Array(bytes);
	}
};
world["TextDecoder"] = class {
	/** Strict, as with `fatal`: what would not be written like this is not read either. */
	decode(bytes: Uint8Array): string {
		let text = "";
		for (let at = 0; at < bytes.length; ) {
			const first = bytes[at]!;
			const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
			let code = more === 0 ? first : first & (0x3f >> more);
			for (let i = 1; i <= more; i += 1) code = (code << 6) | (bytes[at + i]! & 63);
			if (code > 0x10_ffff || (code >= 0xd800 && code <= 0xdfff)) throw new TypeError("ill-formed UTF-8");
			text += String.fromCodePoint(code);
			at += more + 1;
		}
		const again = new (world["TextEncoder"] as typeof TextEncoder)().encode(text);
		if (again.length !== bytes.length || again.some((byte, i) => byte !== bytes[i]))
			throw new TypeError("ill-formed UTF-8");
		return text;
	}
};
// Libraries look whether there are timers; nothing that runs here waits.
for (const name of ["setTimeout", "setInterval", "clearTimeout", "clearInterval", "queueMicrotask"])
	world[name] ??= () => {
		throw new Error(`${name}: there is no time here`);
	};

// 65,536 buffers for all numbers of two bytes are too much for an engine with this little memory.
(writeToStream as unknown as { cacheNumbers: boolean }).cacheNumbers = false;
