import { expect, it } from "vitest";
import { Interrupted, Prompt, type Terminal } from "../../../host-sim/cli/prompt.js";

/** A terminal, and what happened to it. */
function make() {
	const listeners = new Set<(chunk: Uint8Array) => void>();
	const state = { isRaw: false, isReading: false, shown: "" };
	const terminal: Terminal = {
		input: {
			setRawMode: raw => {
				state.isRaw = raw;
			},
			on: (_event, listener) => listeners.add(listener),
			off: (_event, listener) => listeners.delete(listener),
			resume: () => {
				state.isReading = true;
			},
			pause: () => {
				state.isReading = false;
			},
		},
		output: {
			write: text => {
				state.shown += text;
			},
		},
	};
	const type = (text: string | Uint8Array) => {
		for (const listener of listeners) listener(Buffer.from(text));
	};
	return { listeners, prompt: new Prompt(terminal), state, type };
}

it("a question is answered with what is typed until Return, and shows it", async () => {
	const { listeners, prompt, state, type } = make();
	const answer = prompt.ask("Network: ");
	expect(state.isRaw).toBe(true);
	const bytes = Buffer.from("hömx\u007fe\r");
	for (const byte of bytes) type(Uint8Array.of(byte));
	expect(await answer).toBe("höme");
	expect(state).toEqual({ isRaw: false, isReading: false, shown: "Network: hömx\b \be\n" });
	expect(listeners.size).toBe(0);
});

it("a secret is never shown, nor how long it is", async () => {
	const { prompt, state, type } = make();
	const answer = prompt.ask("Password: ", true);
	type("wrong\u0015\u0008s3cret\u001b");
	type("\u001b[A");
	type("\r");
	expect(await answer).toBe("s3cret");
	expect(state.shown).toBe("Password: \n");
});

it("what was pasted beyond an answer is the next one's", async () => {
	const { prompt, type } = make();
	const first = prompt.ask("1 ");
	type("one\r\ntwo\nthr");
	expect(await first).toBe("one");
	expect(await prompt.ask("2 ", true)).toBe("two");
	const third = prompt.ask("3 ");
	type("ee\r");
	expect(await third).toBe("three");
});

it.each([["\u0003"], ["secret\u0003"], ["\u0004"]])("Ctrl-C and Ctrl-D leave the terminal as it was", async keys => {
	const { listeners, prompt, state, type } = make();
	const answer = prompt.ask("Password: ", true);
	type(keys);
	await expect(answer).rejects.toThrow(Interrupted);
	expect(state).toEqual({ isRaw: false, isReading: false, shown: "Password: \n" });
	expect(listeners.size).toBe(0);
});
