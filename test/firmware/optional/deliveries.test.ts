// The numbers of QoS 2 messages: whenever the power goes, or the link, a message that comes again has the number that it had,
// and no other has it. The board of the first half is in a world with a broker, the client of the second talks to a script.

import { describe, expect, it } from "vitest";
import { FlashStore } from "../../../firmware/optional/store.js";
import type { Message } from "../../../host-sim/broker/message.js";
import { CUT_MODES, type CutMode, Flash } from "../../../host-sim/world/flash.js";
import { Life } from "../../support/life.js";
import { bytesOf, Peer, type PeerOptions, publish } from "../../support/peer.js";
import { TestWorld } from "../../support/world.js";

interface Cut {
	operation?: number;
	mode?: CutMode;
	packet?: number;
	/** The link goes at that packet; then the power, so many packets later. */
	linkAt?: number;
}

interface Outcome {
	/** The numbers that each message had, as often as a handler asked. */
	numbers: Map<string, number[]>;
	operations: number;
	packets: number;
}

/** Messages of every kind: at once, held, in spans, too large for their handler; ids are used again in the second half. */
const HALVES = [
	["now/a", "held/b", "now/c", "spans/d", "now/e", "skipped/f", "held/g"],
	["spans/h", "now/i", "held/j", "now/k", "held/l"],
];
/** Takes packets to get through, and does not fit into the receive area. */
const LARGE = 400;

function play(cut: Cut): Outcome {
	const world = new TestWorld({ link: { latencyMs: 3, slice: 150 } });
	const flash = new Flash();
	const numbers = new Map<string, number[]>();
	const live = (packet = 0) => {
		const tokens: number[] = [];
		const limits = { receive: 128, send: 128 };
		const life: Life = new Life(world, flash, { protocolVersion: 5, limits }, packet);
		life.client.subscribe(
			["now/+", "held/+"],
			message => {
				numbers.set(message.topic, [...(numbers.get(message.topic) ?? []), message.deliveryId]);
				if (message.topic.startsWith("held")) tokens.push(message.hold());
			},
			{ qos: 2 },
		);
		life.client.subscribe(
			"spans/+",
			message => {
				if (message.aborted) return;
				numbers.set(message.topic, [...(numbers.get(message.topic) ?? []), message.deliveryId]);
			},
			{ qos: 2, stream: true },
		);
		life.client.subscribe("skipped/+", () => expect.unreachable(), { qos: 2 });
		life.client.open();
		world.run(100);
		return { life, tokens };
	};
	const down = (topic: string) => {
		const size = /^(spans|skipped)/.test(topic) ? LARGE : 1;
		world.broker.publish({ topic, payload: Buffer.alloc(size, "x"), qos: 2, retain: false } as Message);
	};
	/** Held messages are let go a while later, when others have come. */
	const release = ({ life, tokens }: ReturnType<typeof live>) => {
		for (let i = 0; i < 30; i += 1) {
			world.run(20);
			if (life.isAlive && i % 5 === 4) for (const token of tokens.splice(0)) life.client.acknowledge(token);
		}
	};
	let current = live(cut.linkAt ?? cut.packet);
	if (cut.linkAt !== undefined) current.life.cutsLink = cut.packet! - cut.linkAt;
	const revive = () => {
		if (current.life.isAlive) return;
		world.run(500);
		flash.restore();
		current = live();
	};
	revive();
	const before = flash.operations;
	const first = current.life;
	if (cut.operation !== undefined) flash.cutAt(cut.operation, cut.mode!, () => first.cut());
	for (const half of HALVES) {
		for (const topic of half) down(topic);
		release(current);
		revive();
		release(current);
	}
	const operations = flash.operations - before;
	release(current);
	expect(numbers.size).toBe(HALVES.flat().length - 1);
	expect(world.log.filter(line => line.startsWith("violated"))).toEqual([]);
	current.life.client.close();
	return { numbers, operations, packets: first.packets };
}

function expectNumbers({ numbers }: Outcome, what: string): void {
	const seen = new Map<number, string>();
	for (const [topic, values] of numbers) {
		expect(new Set(values).size, `${topic} ${values} ${what}`).toBe(1);
		expect(Number.isSafeInteger(values[0]) && values[0]! > 0, what).toBe(true);
		expect(seen.get(values[0]!), `${topic} ${what}`).toBeUndefined();
		seen.set(values[0]!, topic);
	}
}

describe("the number of a delivery", () => {
	it("is the message's own through a power cut at every write to flash, before, in the middle of and after it", () => {
		const whole = play({});
		expectNumbers(whole, "uncut");
		expect(whole.operations).toBeGreaterThan(HALVES.flat().length);
		let again = 0;
		for (let operation = 1; operation <= whole.operations; operation += 1)
			for (const mode of CUT_MODES) {
				const outcome = play({ operation, mode });
				expectNumbers(outcome, `operation ${operation} ${mode}`);
				for (const [topic, values] of outcome.numbers) if (!topic.startsWith("spans") && values.length > 1) again += 1;
			}
		// Handlers did see messages twice: there was something to recognise.
		expect(again).toBeGreaterThan(whole.operations);
	});

	it("is the message's own through a power cut at every packet, sent or received", () => {
		const { packets } = play({});
		for (let packet = 1; packet <= packets; packet += 1) expectNumbers(play({ packet }), `packet ${packet}`);
	});

	it("is the message's own through a link that goes and a power cut after that", () => {
		const { packets } = play({});
		for (let linkAt = 4; linkAt <= packets; linkAt += 3)
			for (const later of [1, 4, 9, 14]) {
				const packet = linkAt + later;
				expectNumbers(play({ linkAt, packet }), `link ${linkAt} packet ${packet}`);
			}
	});
});

/** A client with a store over this flash, whose handler notes the numbers. */
function boot(flash: Flash, options: PeerOptions = {}) {
	flash.restore();
	const numbers: number[] = [];
	const tokens: number[] = [];
	const store = new FlashStore(flash);
	const peer = new Peer({
		store,
		onMessage: message => {
			numbers.push(message.deliveryId);
			if (message.topic === "held") tokens.push(message.hold());
		},
		...options,
	});
	return { numbers, peer, store, tokens };
}

describe("a number", () => {
	it("is 0 at QoS 0 and 1, and without a store", () => {
		const { numbers, peer } = boot(new Flash());
		peer.online().send(publish("a", "x"), publish("a", "x", 1, 5), publish("a", "x", 2, 5));
		expect(numbers.map(number => number > 0)).toEqual([false, false, true]);
		const without: number[] = [];
		const bare = new Peer({ onMessage: message => without.push(message.deliveryId) });
		bare.online().send(publish("a", "x", 2, 5));
		expect(without).toEqual([0]);
	});

	it("is another one when the packet id is used again: after PUBCOMP, a refusal, or the loss of the session", () => {
		const flash = new Flash();
		const { numbers, peer, tokens } = boot(flash, { protocolVersion: 5 });
		peer.online();
		peer.send(publish("a", "x", 2, 5), { cmd: "pubrel", messageId: 5 }, publish("held", "y", 2, 5));
		// The server is told that we do not take it, and may use the id at once.
		peer.client.acknowledge(tokens[0]!, 0x87);
		peer.send(publish("held", "z", 2, 5));
		// Once more, now that a record knows of the refused one.
		peer.send(publish("a", "x", 2, 6));
		peer.client.acknowledge(tokens[1]!, 0x87);
		peer.send(publish("held", "z", 2, 5));
		peer.socket.fail();
		peer.online(false).send(publish("a", "v", 2, 5));
		const next = boot(flash, { protocolVersion: 5 });
		next.peer.online(false).send(publish("a", "w", 2, 5));
		const all = [...numbers, ...next.numbers];
		expect(new Set(all).size).toBe(7);
		expect(all.map(number => number % 0x10000)).toEqual([5, 5, 5, 6, 5, 5, 5]);
	});

	it("stays that of a message that is held while another's record is written, in the next life as well", () => {
		const flash = new Flash();
		const first = boot(flash);
		first.peer.online();
		// Its acknowledgement waits behind the held one until the link goes; then it counts as taken, and the next link says so.
		first.peer.send(publish("held", "x", 2, 5), publish("a", "y", 2, 6));
		first.peer.socket.fail();
		const before = first.store.writes;
		first.peer.online(true);
		expect(first.store.writes).toBe(before + 1);
		const second = boot(flash);
		second.peer.online(true).send(publish("held", "x", 2, 5, true), publish("a", "y", 2, 6, true));
		expect(second.numbers).toEqual([first.numbers[0]]);
		second.peer.client.acknowledge(second.tokens[0]!);
		// And a third life has nothing of either left.
		const third = boot(flash);
		third.peer.online(true).send(publish("a", "x", 2, 5, true), publish("a", "y", 2, 6, true));
		expect([third.numbers, third.peer.brief()]).toEqual([[], ["pubrec #5", "pubrec #6"]]);
	});

	it("is the same whether its acknowledgements left one by one or all at once", () => {
		const flash = new Flash();
		const first = boot(flash);
		first.peer.online();
		flash.cutAt(1, "before", () => {});
		// All in one, and the power goes when they are to be recorded.
		first.peer.socket.deliver(Buffer.concat([5, 6, 7].map(id => bytesOf(publish("a", "x", 2, id)))));
		const second = boot(flash);
		second.peer.online(true);
		for (const id of [5, 6, 7]) second.peer.send(publish("a", "x", 2, id, true));
		expect(second.peer.brief()).toEqual(["pubrec #5", "pubrec #6", "pubrec #7"]);
		expect([second.numbers, new Set(second.numbers).size]).toEqual([first.numbers, 3]);
	});

	it("takes no more room in flash than messages can be open, whatever a broken server leaves behind", () => {
		const flash = new Flash();
		const { peer } = boot(flash, { limits: { received: 2, receive: 128 } });
		let asked = 0;
		peer.client.subscribe(
			"b",
			message => {
				if (!message.aborted && message.deliveryId > 0) asked += 1;
			},
			{ qos: 2, stream: true },
		);
		peer.online();
		for (let id = 1; id <= 50; id += 1) {
			// The head of a message of 1,000 bytes, and then the link goes.
			const bytes = bytesOf(publish("b", "x".repeat(1000), 2, id));
			peer.socket.deliver(bytes.subarray(0, 100));
			peer.socket.fail();
			peer.online(true);
		}
		expect(asked).toBe(50);
		for (const key of ["mqtts0", "mqtts1"]) expect(flash.read(key)!.byteLength).toBeLessThanOrEqual(32 + 4 * 6);
	});
});
