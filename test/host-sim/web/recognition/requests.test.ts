import { describe, expect, it } from "vitest";
import { fromBase64 } from "../../../../firmware/optional/base64.js";
import { checkSum } from "../../../../firmware/optional/checksum.js";
import { Frames } from "../../../../host-sim/web/live.js";
import { Fleet, Session } from "../../../../host-sim/web/model/session.js";
import { PICTURE_BYTES } from "../../../../host-sim/web/recognition/picture.js";
import { Recognitions } from "../../../../host-sim/web/recognition/recognitions.js";
import { Requests, requestsOf } from "../../../../host-sim/web/recognition/requests.js";

const picture = (fill: number) => new Uint8Array(PICTURE_BYTES).fill(fill);
const crcOf = (bytes: Uint8Array) => checkSum(bytes, bytes.length);
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function make() {
	const recognitions = new Recognitions(new Fleet(new Frames(() => {})), () => 0);
	const sent: { topic: string; id: string; picture?: string; qos: number | undefined }[] = [];
	const clock = { now: 1000, problem: undefined as string | undefined };
	const requests = new Requests({
		recognitions,
		prefix: "page-1",
		now: () => clock.now,
		publish: async (topic, payload, { qos }) => {
			sent.push({ topic, qos, ...JSON.parse(new TextDecoder().decode(payload)) });
			return clock.problem;
		},
	});
	let seq = 0;
	const see = (board: string, number: number, of: Uint8Array, more: object = {}) => {
		seq += 1;
		const result = { boot: 1, seq, picture: number, crc: crcOf(of), label: "Bag", confidence: 0.5, source: "sent" };
		const topic = `thimble/${board}/telemetry`;
		recognitions.handleMessage({ topic, payload: bytes({ ...result, ...more }), retain: false });
	};
	const answer = (board: string, fields: object) => requests.handleAnswer(`thimble/${board}/answer`, bytes(fields));
	return { answer, clock, recognitions, requests, see, sent };
}

describe("a picture that is sent", () => {
	it("is a command with an id of its own and the bytes in base64, at QoS 1", async () => {
		const { requests, sent } = make();
		await requests.look("cam", picture(7));
		await requests.look("cam", picture(8));
		expect(sent.map(({ id, qos, topic }) => [topic, id, qos])).toEqual([
			["thimble/cam/command/look", "page-1-1", 1],
			["thimble/cam/command/look", "page-1-2", 1],
		]);
		expect(fromBase64(sent[0]!.picture!)).toEqual(picture(7));
		expect(requests.album.get(crcOf(picture(7)))).toEqual(picture(7));
		expect(requests.last("cam", "look")).toMatchObject({ id: "page-1-2", state: "sent", crc: crcOf(picture(8)) });
	});

	it("is taken with a number, and done with the result of that number", async () => {
		const { answer, clock, requests, see } = make();
		await requests.look("cam", picture(7));
		const request = requests.last("cam", "look")!;
		answer("cam", { command: "look", id: "page-1-1", ok: true, picture: 41 });
		expect(request).toMatchObject({ state: "taken", number: 41 });
		// Somebody else's.
		see("cam", 40, picture(7));
		see("other", 41, picture(7));
		see("cam", 41, picture(7), { source: "camera" });
		see("cam", 41, picture(9));
		expect(request.state).toBe("taken");
		clock.now = 1500;
		see("cam", 41, picture(7), { label: "Sneaker" });
		expect(request).toMatchObject({ state: "done", doneAt: 1500, result: { label: "Sneaker", picture: 41 } });
	});

	it("is done as well where the result overtakes the answer, or where there is no answer", async () => {
		const { answer, requests, see } = make();
		await requests.look("cam", picture(7));
		see("cam", 3, picture(7));
		expect(requests.last("cam", "look")).toMatchObject({ state: "done", result: { picture: 3 } });
		answer("cam", { command: "look", id: "page-1-1", ok: true, picture: 3 });
		expect(requests.last("cam", "look")!.state).toBe("done");
	});

	it("that is sent twice has two results, each of one request", async () => {
		const { answer, requests, see } = make();
		await requests.look("cam", picture(7));
		await requests.look("cam", picture(7));
		const [second, first] = requests.all;
		answer("cam", { id: "page-1-2", ok: true, picture: 6 });
		see("cam", 5, picture(7), { label: "First" });
		expect([first!.result?.label, second!.state]).toEqual(["First", "taken"]);
		see("cam", 6, picture(7), { label: "Second" });
		see("cam", 6, picture(7), { label: "Second" });
		expect([first!.result?.label, second!.result?.label]).toEqual(["First", "Second"]);
	});

	it("that two have been sent is done for each of them, the older first as long as nobody has said a number", async () => {
		const { requests, see } = make();
		await requests.look("one", picture(7));
		await requests.look("two", picture(7));
		await requests.look("two", picture(7));
		see("one", 1, picture(7), { seq: 1 });
		see("two", 1, picture(7), { seq: 1 });
		expect(requests.all.map(({ id, state }) => `${id} ${state}`)).toEqual([
			"page-1-3 sent",
			"page-1-2 done",
			"page-1-1 done",
		]);
	});

	it("is not done by what was seen before it was sent", async () => {
		const { answer, requests, see } = make();
		see("cam", 2, picture(7));
		await requests.look("cam", picture(7));
		answer("cam", { id: "page-1-1", ok: true });
		expect(requests.last("cam", "look")!.state).toBe("taken");
	});

	it("that is refused, or not even sent, says why", async () => {
		const { answer, clock, requests } = make();
		await requests.look("cam", picture(7));
		answer("other", { id: "page-1-1", ok: false, error: "busy" });
		expect(requests.all[0]!.state).toBe("sent");
		answer("cam", { id: "page-1-1", ok: false, error: "busy" });
		expect(requests.all[0]).toMatchObject({ state: "refused", error: "busy" });
		clock.problem = "not connected";
		await requests.look("cam", picture(7));
		expect(requests.all[0]).toMatchObject({ state: "unsent", error: "not connected" });
		requests.handleAnswer("thimble/cam/answer", new TextEncoder().encode("{no"));
		answer("cam", { id: 5, ok: true });
		expect(requests.all.map(({ state }) => state)).toEqual(["unsent", "refused"]);
	});

	it("is one of 24 that are remembered", async () => {
		const { requests } = make();
		for (let i = 0; i < 30; i += 1) await requests.look("cam", picture(i));
		expect(requests.all.length).toBe(24);
		expect(requests.all[0]!.id).toBe("page-1-30");
	});
});

describe("the picture that a board shows", () => {
	it("comes on a topic of its own, and is known from then on by its check sum", async () => {
		const { answer, requests, sent } = make();
		await requests.show("cam");
		expect(sent).toEqual([{ topic: "thimble/cam/command/picture", id: "page-1-1", qos: 1 }]);
		answer("cam", { id: "page-1-1", ok: true, picture: 9, crc: crcOf(picture(3)) });
		expect(requests.last("cam", "picture")!.state).toBe("taken");
		requests.handlePicture("thimble/cam/picture", picture(3));
		expect(requests.last("cam", "picture")!.state).toBe("done");
		expect(requests.shown("cam")).toEqual({ crc: crcOf(picture(3)), pixels: picture(3), at: 1000 });
		expect(requests.album.get(crcOf(picture(3)))).toEqual(picture(3));
		expect(requests.shown("other")).toBe(undefined);
	});

	it("may come before the answer", async () => {
		const { answer, requests } = make();
		requests.handlePicture("thimble/cam/picture", picture(2));
		await requests.show("cam");
		requests.handlePicture("thimble/cam/picture", picture(3));
		expect(requests.last("cam", "picture")!.state).toBe("sent");
		answer("cam", { id: "page-1-1", ok: true, picture: 9, crc: crcOf(picture(3)) });
		expect(requests.last("cam", "picture")!.state).toBe("done");
	});

	it("is not the one that it has shown before", async () => {
		const { answer, requests } = make();
		requests.handlePicture("thimble/cam/picture", picture(2));
		await requests.show("cam");
		answer("cam", { id: "page-1-1", ok: true, picture: 9, crc: crcOf(picture(3)) });
		expect(requests.last("cam", "picture")!.state).toBe("taken");
	});

	it("is asked for anew when it has come, was refused, or has taken too long; and the last request is the only one", async () => {
		const { answer, clock, requests, sent } = make();
		await requests.look("cam", picture(1));
		await requests.show("cam");
		await requests.show("cam");
		expect(sent.length).toBe(2);
		answer("cam", { id: "page-1-2", ok: false, error: "busy" });
		await requests.show("cam");
		expect(sent.length).toBe(3);
		clock.now += 10_000;
		await requests.show("cam");
		expect(sent.length).toBe(4);
		await requests.show("other");
		expect(requests.all.map(({ board, command }) => `${board} ${command}`)).toEqual([
			"other picture",
			"cam picture",
			"cam look",
		]);
	});

	it("is no picture where it has another size", () => {
		const { requests } = make();
		requests.handlePicture("thimble/cam/picture", new Uint8Array(783));
		expect(requests.shown("cam")).toBe(undefined);
	});

	it("is kept of 64 boards", () => {
		const { requests } = make();
		for (let i = 0; i < 65; i += 1) requests.handlePicture(`thimble/cam-${i}/picture`, picture(i));
		expect([requests.shown("cam-0"), requests.shown("cam-1")?.pixels[0]]).toEqual([undefined, 1]);
	});
});

it("there is one for each session", () => {
	const [a, b] = [1, 2].map(() => new Session({ origin: "http://127.0.0.1:8080" }));
	expect(requestsOf(a!)).toBe(requestsOf(a!));
	expect(requestsOf(a!)).not.toBe(requestsOf(b!));
});
