// What a person has pressed, from the bytes that a terminal makes of it: names for keys that are no characters.

const SEQUENCES: Readonly<Record<string, string>> = {
	A: "up",
	B: "down",
	C: "right",
	D: "left",
	F: "end",
	H: "home",
	"1~": "home",
	"4~": "end",
	"5~": "page-up",
	"6~": "page-down",
	"7~": "home",
	"8~": "end",
};
const CONTROLS: Readonly<Record<string, string>> = {
	"\x03": "interrupt",
	"\x08": "backspace",
	"\x0a": "enter",
	"\x0d": "enter",
	"\x15": "erase",
	"\x1b": "escape",
	"\x7f": "backspace",
};
/** No sequence is longer. */
const LONGEST = 16;

export class Keys {
	readonly #decoder = new TextDecoder();
	/** The beginning of a sequence whose end is still to come. */
	#rest = "";

	/** The keys that these bytes are: characters, or names. */
	take(bytes: Uint8Array): string[] {
		let text = this.#rest + this.#decoder.decode(bytes, { stream: true });
		this.#rest = "";
		const keys: string[] = [];
		while (text !== "") {
			// biome-ignore lint/suspicious/noControlCharactersInRegex: keys make them
			const [sequence, end] = /^\x1b[[O]([0-9;]*[A-Za-z~])/.exec(text) ?? [];
			// biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
			if (sequence === undefined && text.length < LONGEST && /^\x1b[[O][0-9;]*$/.test(text)) {
				this.#rest = text;
				break;
			}
			if (sequence !== undefined && end !== undefined) {
				const name = SEQUENCES[end];
				if (name !== undefined) keys.push(name);
				text = text.slice(sequence.length);
				continue;
			}
			const character = String.fromCodePoint(text.codePointAt(0)!);
			text = text.slice(character.length);
			const name = CONTROLS[character];
			if (name !== undefined) keys.push(name);
			else if (!/\p{C}/u.test(character)) keys.push(character);
		}
		return keys;
	}
}
