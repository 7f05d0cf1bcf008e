import { describe, expect, it } from "vitest";
import type { AgentOptions } from "../../../firmware/device/agent.js";
import { Commands } from "../../../firmware/device/commands.js";
import { type RecognitionOptions, Recognizer } from "../../../firmware/device/recognizer.js";
import { Settings } from "../../../firmware/device/settings.js";
import type { PictureSource } from "../../../firmware/io.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { base64 } from "../../../firmware/optional/base64.js";
import { checkSum } from "../../../firmware/optional/checksum.js";
import { Overflow } from "../../../firmware/optional/overflow.js";
import { AVERAGE, DENSE, Model } from "../../../firmware/vision/model.js";
import { Network } from "../../../firmware/vision/network.js";
import { type LayerDraft, writeModel } from "../../../host-sim/model/file.js";
import { MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";
import type { WorldOptions } from "../../../host-sim/testing.js";
import { TestWorld } from "../../support/world.js";

/** Of four grey pixels the brightest of the first three is the answer; the brighter it is than the others the surer. */
const MODEL = writeModel({
	version: "brightest-1",
	channels: 1,
	height: 2,
	width: 2,
	labels: ["Shirt", 'The "bag"', "Hut für Ärzte"],
	table: Array.from({ length: 256 }, (_, i) => Math.round(65_535 * Math.exp(-i * 0.03))),
	layers: [
		{
			kind: DENSE,
			kernel: 0,
			stride: 0,
			padding: 0,
			outputs: 3,
			scales: Array.from({ length: 3 }, () => ({ bias: 0, multiplier: 1, shift: 6 })),
			weights: [64, 0, 0, 0, 0, 64, 0, 0, 0, 0, 64, 0],
		},
	],
});
/** As large as pictures are; of a dark one, and of a bright one. */
const LARGE = writeModel({
	version: "brightness-1",
	channels: 1,
	height: 28,
	width: 28,
	labels: ["bright", "dark"],
	table: Array.from({ length: 256 }, (_, i) => 256 - i),
	layers: [
		{ kind: AVERAGE, outputs: 1 },
		{
			kind: DENSE,
			kernel: 0,
			stride: 0,
			padding: 0,
			outputs: 2,
			scales: [
				{ bias: -8192, multiplier: 1, shift: 6 },
				{ bias: 8192, multiplier: 1, shift: 6 },
			],
			weights: [64, -64],
		},
	],
});
const SHIRT = [200, 20, 20, 9];
const BAG = [20, 200, 20, 9];
/** Not so sure. */
const FAINT = [60, 40, 40, 9];

/** A camera before which somebody holds pictures. */
class Show implements PictureSource {
	picture: readonly number[] | undefined = SHIRT;
	isBroken = false;

	capture(view: Uint8Array): boolean {
		if (this.isBroken) throw new Error("no camera");
		if (this.picture === undefined) return false;
		view.set(this.picture);
		return true;
	}

	close(): void {}
}

interface Given {
	readonly recognition?: RecognitionOptions;
	readonly agent?: Partial<AgentOptions>;
	readonly isBlind?: boolean;
	readonly network?: Network;
	readonly world?: WorldOptions;
}

class Scene {
	readonly world;
	readonly show = new Show();
	readonly recognizer;
	readonly agent;
	readonly commander;
	readonly answers: Record<string, unknown>[] = [];
	/** What has come as bytes. */
	readonly pictures: number[][] = [];

	constructor(given: Given = {}) {
		const { agent = {}, isBlind = false, network = new Network(new Model(MODEL)), recognition = {}, world } = given;
		this.world = new TestWorld({ link: { latencyMs: 10 }, ...world });
		const commands = new Commands({ settings: new Settings(new MemoryKeyValue(), {}) });
		const pictures = isBlind ? {} : { pictures: this.show };
		this.recognizer = new Recognizer({ ...recognition, ...pictures, network, commands });
		this.agent = this.world.agent("b1", {
			readings: this.recognizer,
			duties: [commands, this.recognizer],
			intervalMs: 1_000,
			...agent,
		});
		const limits = { receive: 4_096, send: 4_096, outbox: 8_192 };
		this.commander = this.world.client("commander", { limits });
		this.commander.subscribe("thimble/b1/answer", message => this.answers.push(JSON.parse(message.text()!)));
		this.commander.subscribe("thimble/b1/picture", message => this.pictures.push([...message.payload()]), { qos: 1 });
		this.commander.open();
		this.agent.start();
	}

	/** Lets time pass, and returns the readings that came. */
	run(milliseconds: number): Record<string, unknown>[] {
		this.world.time.run(milliseconds);
		return this.world
			.told()
			.filter(line => line.startsWith("publish thimble/b1/telemetry "))
			.map(line => JSON.parse(line.slice("publish thimble/b1/telemetry ".length)));
	}

	/** Asks, and returns the readings of the time that an answer takes. */
	ask(command: string, fields: object = {}): Record<string, unknown>[] {
		this.commander.publish(`thimble/b1/command/${command}`, JSON.stringify(fields), { qos: 1 });
		return this.run(200);
	}
}

describe("a board that sees", () => {
	it("publishes what it sees as a reading, with the three likeliest answers and what names the picture", () => {
		const scene = new Scene();
		const readings = scene.run(1_500);
		expect(readings).toEqual([
			{
				time: expect.any(Number),
				boot: 1,
				seq: 1,
				picture: 1,
				crc: checkSum(Uint8Array.from(SHIRT), 4),
				label: "Shirt",
				confidence: expect.any(Number),
				top: [
					["Shirt", expect.any(Number)],
					['The "bag"', expect.any(Number)],
					["Hut für Ärzte", expect.any(Number)],
				],
				ms: 0,
				model: "brightest-1",
				source: "camera",
			},
		]);
		const [{ confidence, top }] = readings as [{ confidence: number; top: [string, number][] }];
		// e^-5.4 for each of the two others, whose logits are 180 lower.
		expect([confidence, ...top.map(([, share]) => share)]).toEqual([0.991, 0.991, 0.004, 0.004]);
		expect(scene.agent.counts).toMatchObject({ published: 1, settled: 1, lost: 0 });
	});

	it.each([0, 0x7fff_ffff - 20_000, -20_000])(
		"says nothing of what stays as it is, but for a heartbeat: clock at %d",
		startMs => {
			const scene = new Scene({ recognition: { heartbeatMs: 60_000, intervalMs: 30_000 }, world: { startMs } });
			expect(scene.run(50_000).length).toBe(1);
			expect(scene.run(60_000).map(({ label, seq }) => [label, seq])).toEqual([["Shirt", 2]]);
		},
	);

	it("says everything where it is told to", () => {
		const scene = new Scene({ recognition: { every: true } });
		expect(scene.run(10_000).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
	});

	it("tells another answer, a threshold that is crossed, and nothing in between", () => {
		const scene = new Scene({ recognition: { threshold: 90 } });
		const labels = (picture: readonly number[]) => {
			scene.show.picture = picture;
			return scene.run(3_000).map(({ confidence, label }) => `${label} ${confidence}`);
		};
		expect(labels(SHIRT)).toEqual(["Shirt 0.991"]);
		expect(labels(BAG)).toEqual(['The "bag" 0.991']);
		expect(labels([20, 190, 20, 0])).toEqual([]);
		expect(labels([40, 60, 40, 0])).toEqual(['The "bag" 0.477']);
		expect(labels([40, 62, 40, 0])).toEqual([]);
		expect(labels(BAG)).toEqual(['The "bag" 0.991']);
	});

	it("tells confidence that moves by more than the deadband, at most once in an interval", () => {
		const scene = new Scene({ recognition: { deadband: 5, threshold: 0, intervalMs: 5_000 } });
		const confidences = (picture: readonly number[], milliseconds: number) => {
			scene.show.picture = picture;
			return scene.run(milliseconds).map(({ confidence }) => confidence);
		};
		expect(confidences(SHIRT, 2_000)).toEqual([0.991]);
		expect(confidences(FAINT, 2_000)).toEqual([]);
		expect(confidences(FAINT, 4_000)).toEqual([0.477]);
		expect(confidences([61, 40, 40, 9], 10_000)).toEqual([]);
	});

	it("counts what its camera does not give, and goes on when it does", () => {
		const scene = new Scene();
		scene.show.isBroken = true;
		expect(scene.run(5_500)).toEqual([]);
		expect(scene.recognizer.sensorErrors).toBe(6);
		scene.show.isBroken = false;
		scene.show.picture = undefined;
		expect(scene.run(2_000)).toEqual([]);
		scene.show.picture = BAG;
		expect(scene.run(1_000).map(({ label, picture }) => [label, picture])).toEqual([['The "bag"', 1]]);
	});
});

describe("an answer that nobody hears of", () => {
	it("is news again with the next picture", () => {
		const scene = new Scene({
			agent: { protocolVersion: 5 },
			world: { broker: { limits: { maximumPacketSize: 150 } } },
		});
		scene.run(10_500);
		expect(scene.agent.counts.refused).toBeGreaterThanOrEqual(10);
		expect(scene.recognizer.sequence).toBe(scene.agent.counts.refused);
	});
});

describe("of two labels", () => {
	it("there are no three that are likeliest", () => {
		const scene = new Scene({ network: new Network(new Model(LARGE)) });
		scene.show.picture = Array.from({ length: 784 }, () => 255);
		const [reading] = scene.run(1_500);
		expect((reading!["top"] as [string, number][]).map(([label]) => label)).toEqual(["bright", "dark"]);
	});
});

describe("an answer that finds no room", () => {
	it("takes the place of an older one where the policy says so, and is told once", () => {
		const limits = { messages: 3, outbox: 2_048 };
		const scene = new Scene({
			recognition: { every: true },
			agent: { limits, whenFull: new Overflow("drop-oldest"), intervalMs: 100, protocolVersion: 5 },
			world: { link: { latencyMs: 1_000 }, broker: { limits: { receiveMaximum: 1 } } },
		});
		const sequences = scene.run(20_000).map(({ seq }) => seq as number);
		expect(scene.agent.counts.dropped).toBeGreaterThan(50);
		expect(scene.agent.counts.published).toBe(scene.recognizer.sequence);
		expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
	});

	it("waits, while no other picture is taken, and none is lost or told twice", () => {
		const limits = { messages: 3, outbox: 2_048 };
		const scene = new Scene({ recognition: { every: true }, agent: { limits } });
		const before = scene.run(2_500).length;
		scene.world.stopBroker();
		scene.run(20_000);
		const { pictures } = scene.recognizer;
		expect(scene.run(20_000)).toEqual([]);
		expect(scene.recognizer.pictures).toBe(pictures);
		scene.world.resumeBroker();
		const after = scene.run(120_000).map(({ seq }) => seq);
		expect(after).toEqual(Array.from({ length: after.length }, (_, i) => before + 1 + i));
		expect(after.length).toBeGreaterThan(50);
		expect(scene.agent.counts).toMatchObject({ refused: 0, lost: 0, dropped: 0 });
	});
});

describe("somebody who asks", () => {
	it("sends a picture, and gets the answer whatever the policy says", () => {
		const scene = new Scene();
		scene.run(2_500);
		const readings = scene.ask("look", { id: 7, picture: base64(Uint8Array.from(SHIRT)) });
		const [answer] = scene.answers.splice(0);
		expect(answer).toEqual({ command: "look", id: 7, ok: true, picture: expect.any(Number) });
		expect(readings.map(({ crc, label, picture, source }) => [crc, label, picture, source])).toEqual([
			[checkSum(Uint8Array.from(SHIRT), 4), "Shirt", answer!["picture"], "sent"],
		]);
		// The same again, as QoS 1 may bring it.
		expect(scene.ask("look", { id: 7, picture: base64(Uint8Array.from(SHIRT)) })).toEqual([]);
		expect(scene.answers.splice(0)).toEqual([{ command: "look", id: 7, ok: true, repeated: true }]);
	});

	it.each([
		["no text", { picture: 5 }],
		["no base64", { picture: "****" }],
		["another size", { picture: base64(new Uint8Array(5)) }],
	])("is told that a picture is wrong: %s", (_name, fields) => {
		const scene = new Scene();
		scene.run(500);
		scene.ask("look", fields);
		const error = { error: "wrong-type", name: "picture", expected: "4 bytes in base64" };
		expect(scene.answers).toEqual([{ command: "look", ok: false, ...error }]);
	});

	it("has the board look now, and tell it whatever the policy says", () => {
		const scene = new Scene();
		scene.run(2_500);
		expect(scene.ask("look").map(({ label, source }) => [label, source])).toEqual([["Shirt", "camera"]]);
		expect(scene.answers.splice(0)).toMatchObject([{ command: "look", ok: true }]);
		scene.show.picture = undefined;
		expect(scene.ask("look")).toEqual([]);
		expect(scene.answers).toEqual([{ command: "look", ok: false, error: "no-picture" }]);
	});

	it("gets an answer from a board without a camera to a picture that is sent, and to nothing else", () => {
		const scene = new Scene({ isBlind: true });
		expect(scene.run(5_000)).toEqual([]);
		scene.ask("look");
		expect(scene.answers.splice(0)).toEqual([{ command: "look", ok: false, error: "not-supported" }]);
		scene.ask("picture");
		expect(scene.answers.splice(0)).toEqual([{ command: "picture", ok: false, error: "no-picture" }]);
		const readings = scene.ask("look", { picture: base64(Uint8Array.from(BAG)) });
		expect(readings.map(({ label, source }) => [label, source])).toEqual([['The "bag"', "sent"]]);
	});

	it("gets the last picture, byte for byte", () => {
		const scene = new Scene();
		scene.run(2_500);
		scene.ask("picture", { id: 1 });
		expect(scene.answers).toEqual([
			{
				command: "picture",
				id: 1,
				ok: true,
				picture: 3,
				crc: checkSum(Uint8Array.from(SHIRT), 4),
				width: 2,
				height: 2,
				topic: "thimble/b1/picture",
			},
		]);
		expect(scene.pictures).toEqual([SHIRT]);
	});

	it("gets it once and whole over a link that breaks in the middle of it, in pieces that fit", () => {
		const limits = { messages: 4, outbox: 1_024 };
		const link = { latencyMs: 50, sendBuffer: 200, slice: 50 };
		const scene = new Scene({ network: new Network(new Model(LARGE)), agent: { limits }, world: { link } });
		const picture = Array.from({ length: 784 }, (_, i) => (i * 7) & 255);
		scene.show.picture = picture;
		scene.run(2_500);
		scene.commander.publish("thimble/b1/command/picture", "", { qos: 1 });
		let most = 0;
		for (let i = 0; i < 1_000 && scene.agent.client.unsettled === 0; i += 1) scene.run(1);
		expect(scene.agent.client.unsettled).toBeGreaterThan(0);
		for (let i = 0; i < 10; i += 1) {
			most = Math.max(most, scene.agent.client.heldBytes);
			scene.run(15);
		}
		expect(most).toBeLessThan(400);
		expect(scene.pictures).toEqual([]);
		scene.world.link("b1").cut();
		// What it sees meanwhile is another matter.
		scene.show.picture = Array.from({ length: 784 }, () => 1);
		scene.run(60_000);
		expect(scene.recognizer.pictures).toBeGreaterThan(50);
		expect(scene.agent.counts).toMatchObject({ reconnects: 1, lost: 0 });
		// The answer was under way as well, and may come twice.
		expect(scene.answers[0]).toMatchObject({ ok: true, crc: checkSum(Uint8Array.from(picture), 784), width: 28 });
		expect(scene.pictures).toEqual([picture]);
		scene.ask("picture");
		scene.run(2_000);
		expect(scene.pictures.length).toBe(2);
	});

	it("is told where the server takes no message as large as that", () => {
		const scene = new Scene({
			network: new Network(new Model(LARGE)),
			agent: { protocolVersion: 5 },
			world: { broker: { limits: { maximumPacketSize: 400 } } },
		});
		scene.show.picture = Array.from({ length: 784 }, () => 200);
		scene.run(2_500);
		scene.ask("picture");
		expect(scene.answers).toEqual([{ command: "picture", ok: false, error: "not-supported" }]);
	});

	it("is told that the board is busy where the last picture has not arrived yet", () => {
		const scene = new Scene();
		scene.run(2_500);
		for (const id of [1, 2]) scene.commander.publish("thimble/b1/command/picture", JSON.stringify({ id }), { qos: 1 });
		scene.run(1_000);
		expect(scene.answers).toMatchObject([
			{ id: 1, ok: true },
			{ id: 2, ok: false, error: "busy" },
		]);
		expect(scene.pictures).toEqual([SHIRT]);
		// Neither is a reading.
		expect(scene.agent.counts).toMatchObject({ published: 1, settled: 1 });
	});

	it("is told that the board is busy where a picture waits already, or one is on its way", () => {
		const scene = new Scene({ agent: { limits: { messages: 2 } } });
		scene.run(2_500);
		const picture = base64(Uint8Array.from(BAG));
		for (const id of [1, 2, 3])
			scene.commander.publish("thimble/b1/command/look", JSON.stringify({ id, picture }), { qos: 1 });
		scene.commander.publish("thimble/b1/command/look", JSON.stringify({ id: 4 }), { qos: 1 });
		const readings = scene.run(1_000);
		const told = new Map(scene.answers.map(({ id, ...answer }) => [id, answer]));
		expect(told.get(1)).toMatchObject({ ok: true });
		expect(told.get(3)).toEqual({ command: "look", ok: false, error: "busy" });
		// Of each that was taken there is a reading, under the number that the answer has named.
		const taken = [...told.values()].flatMap(({ ok, picture: number }) => (ok === true ? [number] : []));
		expect(readings.filter(({ source }) => source === "sent").map(({ picture: number }) => number)).toEqual(taken);
	});
});

describe("a board that stops", () => {
	it("takes no picture any more, and says that it is busy", () => {
		const scene = new Scene();
		scene.run(2_500);
		const { pictures } = scene.recognizer;
		for (const fields of [{}, { picture: base64(Uint8Array.from(BAG)) }])
			scene.commander.publish("thimble/b1/command/look", JSON.stringify(fields), { qos: 1 });
		scene.run(15);
		scene.agent.stop(5_000);
		scene.run(10_000);
		const busy = { command: "look", ok: false, error: "busy" };
		expect([scene.answers, scene.recognizer.pictures]).toEqual([[busy, busy], pictures]);
	});

	it("tells the answer that has waited, and leaves the picture that has", () => {
		const limits = { messages: 5, outbox: 2_048 };
		const agent = { limits, intervalMs: 60_000 };
		const scene = new Scene({ agent, isBlind: true, world: { link: { latencyMs: 500 } } });
		scene.run(10_000);
		// Two pictures come while there is no room, and what is under way goes, until there is room for one message alone.
		for (const id of [1, 2])
			scene.commander.publish(
				"thimble/b1/command/look",
				JSON.stringify({ id, picture: base64(Uint8Array.from(BAG)) }),
				{ qos: 1 },
			);
		scene.run(800);
		for (const after of [10, 10, 80, 0]) {
			scene.agent.client.publish("else", "", { qos: 1 });
			scene.run(after);
		}
		expect(scene.run(950)).toEqual([]);
		expect(scene.agent.client.unsettled).toBe(3);
		scene.agent.stop(10_000);
		const readings = scene.run(20_000).map(({ label, picture }) => [label, picture]);
		expect(readings).toEqual([['The "bag"', 1]]);
		expect([scene.recognizer.pictures, scene.agent.client.isOnline]).toEqual([1, false]);
	});
});

describe("inference", () => {
	/** As long as a thousand multiply-adds take 20 ms. */
	class Slow extends Network {
		readonly slices: number[] = [];
		/** Multiply-adds in a millisecond. */
		speed = 50;
		rest = 0;
		readonly pass: (milliseconds: number) => void;

		constructor(pass: (milliseconds: number) => void) {
			super(new Model(MODEL));
			this.pass = pass;
		}

		override begin(picture: Uint8Array): void {
			super.begin(picture);
			this.rest = 40_000;
		}

		override run(multiplyAdds: number): boolean {
			const count = Math.min(multiplyAdds, this.rest);
			this.rest -= count;
			this.slices.push(count / this.speed);
			this.pass(count / this.speed);
			return this.rest === 0 && super.run(1_000);
		}
	}

	it("is in slices of at most 50 ms, between which commands are answered", () => {
		let scene: Scene | undefined;
		// A slice takes its time: the world's clock goes on by as much.
		const network = new Slow(milliseconds => {
			scene!.world.time.now += milliseconds;
		});
		scene = new Scene({ network, recognition: { every: true }, agent: { intervalMs: 5_000 } });
		scene.run(12_000);
		const slices = network.slices.splice(0);
		expect(slices.length).toBeGreaterThan(20);
		expect(Math.max(...slices)).toBeLessThanOrEqual(50);
		const [reading] = scene.run(5_000);
		expect(reading!["ms"]).toBe(800);
		// Layers differ: what comes next may take twice as long.
		network.speed = 25;
		network.slices.splice(0);
		scene.run(10_000);
		expect(network.slices.length).toBeGreaterThan(20);
		expect(Math.max(...network.slices)).toBeLessThanOrEqual(50);
	});
});

describe("options", () => {
	it.each([
		["threshold", 101],
		["threshold", -1],
		["deadband", 101],
		["intervalMs", -1],
		["heartbeatMs", 86_400_001],
	] as const)("refuses %s of %d", (name, value) => {
		const network = new Network(new Model(MODEL));
		expect(() => new Recognizer({ network, [name]: value })).toThrow(Misuse);
	});

	it("refuses a camera for a model that wants other pictures than grey squares", () => {
		const scale = { bias: 0, multiplier: 1, shift: 6 };
		const dense: LayerDraft = {
			kind: DENSE,
			kernel: 0,
			stride: 0,
			padding: 0,
			outputs: 1,
			scales: [scale],
			weights: [1, 1, 1, 1],
		};
		const table = Array.from({ length: 256 }, (_, i) => 256 - i);
		const model = { version: "other-1", labels: ["one"], table, layers: [dense] };
		for (const shape of [
			{ channels: 4, height: 1, width: 1 },
			{ channels: 1, height: 1, width: 4 },
		]) {
			const network = new Network(new Model(writeModel({ ...model, ...shape })));
			expect(() => new Recognizer({ network, pictures: new Show() })).toThrow("grey squares");
			expect(new Recognizer({ network }).pictures).toBe(0);
		}
	});
});
