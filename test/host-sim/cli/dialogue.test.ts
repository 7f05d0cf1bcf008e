import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Dialogue, Silence } from "../../../host-sim/cli/dialogue.js";
import { Bench } from "../../../host-sim/node/bench.js";
import type { Cable, CableListener } from "../../../host-sim/node/cable.js";
import { MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A cable whose other end is `answer`: it gets each line that is not empty, and returns bytes to send. */
function make(answer: (request: { id: number }, line: string) => string) {
	const lines: string[] = [];
	let listener: CableListener | undefined;
	let text = "";
	const cable: Cable = {
		listen: each => {
			listener = each;
		},
		write: bytes => {
			text += Buffer.from(bytes).toString();
			const whole = text.split("\n");
			text = whole.pop()!;
			for (const line of whole.filter(each => each !== "")) {
				lines.push(line);
				const reply = answer(JSON.parse(line.slice(0, -9)), line);
				for (const byte of Buffer.from(reply)) listener!.data(Uint8Array.of(byte));
			}
		},
		close: () => lines.push("closed"),
	};
	return { dialogue: new Dialogue(cable), gone: () => listener!.gone(), lines };
}

it("a question goes out in a line with its number and check sum, and has the answer with that number", async () => {
	const { dialogue, lines } = make(
		({ id }) =>
			`boot\r\n{"thimble":1,"waiting":["ssid"]}\r\n{"thimble":1,"id":${id - 1},"ok":true}\r\n` +
			`{"thimble":1,"id":${id},"o\r\nI (5) wifi: up{"thimble":1,"id":${id},"ok":true,"settings":{"ssid":"é"}}\r\n`,
	);
	expect(await dialogue.ask({ get: ["ssid"] }, 5000)).toMatchObject({ ok: true, settings: { ssid: "é" } });
	expect(lines[0]).toMatch(/^\{"id":\d+,"get":\["ssid"\]\} [0-9a-f]{8}$/);
	const { dialogue: other, lines: others } = make(({ id }) => `{"thimble":1,"id":${id},"ok":false}\n`);
	expect(await other.ask({ info: true }, 5000)).toMatchObject({ ok: false });
	other.close();
	expect(others.at(-1)).toBe("closed");
});

it("a question is asked again each second where no answer comes, with the same number", async () => {
	let tries = 0;
	const { dialogue, lines } = make(({ id }) => {
		tries += 1;
		return tries < 3 ? '{"thimble":1,"ok":false,"error":"bad-check"}\r\n' : `{"thimble":1,"id":${id},"ok":true}\r\n`;
	});
	const answer = dialogue.ask({ info: true }, 5000);
	await vi.advanceTimersByTimeAsync(1999);
	expect(lines.length).toBe(2);
	await vi.advanceTimersByTimeAsync(1);
	expect(await answer).toMatchObject({ ok: true });
	expect(new Set(lines).size).toBe(1);
	await vi.advanceTimersByTimeAsync(10_000);
	expect(lines.length).toBe(3);
});

it("silence ends it, and so does a port that is gone, at once and for all questions after", async () => {
	const { dialogue, gone } = make(() => "");
	const first = expect(dialogue.ask({ info: true }, 5000)).rejects.toThrow("no answer");
	await vi.advanceTimersByTimeAsync(5000);
	await first;
	const second = expect(dialogue.ask({ info: true }, 5000)).rejects.toThrow("the port has gone in the middle");
	gone();
	await second;
	await expect(dialogue.ask({ info: true }, 5000)).rejects.toThrow(Silence);
});

it("a board of the firmware takes its check sums", async () => {
	vi.useRealTimers();
	const dialogue = new Dialogue(new Bench(new MemoryKeyValue()));
	expect(await dialogue.ask({ set: { ssid: "Käse", qos: 2 } }, 5000)).toMatchObject({ ok: true, restart: true });
	expect(await dialogue.ask({ get: ["ssid", "qos"] }, 5000)).toMatchObject({ settings: { ssid: "Käse", qos: 2 } });
	dialogue.close();
});
