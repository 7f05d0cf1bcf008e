// The checker between a network and a broker, with our own client in bad weather, in virtual time: it breaks nothing. And
// when its packets are spoilt on their way to the checker, that is seen, in the midst of all that goes right.

import { describe, expect, it } from "vitest";
import { Checker, type Violation, type Watched } from "../../../host-sim/checker/checker.js";
import { Frames } from "../../../host-sim/checker/reader.js";
import { tapped } from "../../../host-sim/checker/tap.js";
import { type Storm, storm } from "../../support/storm.js";
import { weather } from "../../support/weather.js";

/** Takes a packet of the client, and gives what the checker is shown in its place. */
type Spoil = (frame: Uint8Array) => readonly Uint8Array[];

/** A checker that is shown spoilt packets. */
class Spoilt extends Checker {
	readonly #spoil: () => Spoil;

	constructor(report: (violation: Violation) => void, answerMs: number, spoil: () => Spoil) {
		super({ report, answerMs });
		this.#spoil = spoil;
	}

	override watch(peer: string): Watched {
		const watched = super.watch(peer);
		const frames = new Frames();
		const spoil = this.#spoil();
		return {
			...watched,
			handleClientBytes: (bytes, now) => {
				frames.push(bytes, frame => {
					for (const spoilt of spoil(frame.bytes)) watched.handleClientBytes(spoilt, now);
				});
			},
		};
	}
}

function watch(seed: number, checker: Checker): Storm {
	return storm(seed, (accept, time) => tapped(checker, accept, { now: () => time.now }));
}

it("150 storms: our client at 3.1.1 breaks no statement, whatever the network does", () => {
	const found: Violation[] = [];
	let reconnects = 0;
	for (let seed = 1; seed <= 150; seed += 1)
		reconnects += watch(seed, new Checker({ report: violation => found.push(violation), answerMs: 60_000 })).reconnects;
	expect(found).toEqual([]);
	expect(reconnects).toBeGreaterThan(450);
});

/** Shows a copy in which one byte has been changed. */
function changed(frame: Uint8Array, at: number, value: number): Uint8Array[] {
	const copy = Uint8Array.from(frame);
	copy[at] = value;
	return [copy];
}

const type = (frame: Uint8Array) => frame[0]! >> 4;

/** Shows none of these. */
const without = (hidden: number) => () => (frame: Uint8Array) => (type(frame) === hidden ? [] : [frame]);

describe("the checker in a storm finds", () => {
	it.each<[id: string, title: string, spoil: () => Spoil]>([
		["MQTT-3.3.1-1", "DUP missing", () => frame => (type(frame) === 3 ? changed(frame, 0, frame[0]! & ~8) : [frame])],
		["MQTT-2.3.1-6", "a PUBACK of another id", () => frame => (type(frame) === 4 ? changed(frame, 2, 200) : [frame])],
		["MQTT-4.3.2-2", "PUBACKs that never come", without(4)],
		["MQTT-4.3.3-2", "PUBRECs that never come", without(5)],
		["MQTT-4.3.3-1", "PUBRELs that never come", without(6)],
		["MQTT-4.3.3-2", "PUBCOMPs that never come", without(7)],
		[
			"MQTT-4.6.0-2",
			"PUBACKs in another order",
			() => {
				const held: Uint8Array[] = [];
				return frame => {
					if (type(frame) !== 4) return [frame];
					held.unshift(frame);
					return held.length < 2 ? [] : held.splice(0);
				};
			},
		],
		[
			"MQTT-2.3.1-2",
			"one id for all",
			() => frame => {
				const at = (frame[1]! > 127 ? 3 : 2) + 6;
				return type(frame) === 3 && (frame[0]! & 6) !== 0 ? changed(frame, at + 1, 7) : [frame];
			},
		],
	])("[%s] %s", (id, _title, spoil) => {
		const found: Violation[] = [];
		for (let seed = 1; seed <= 20; seed += 1) watch(seed, new Spoilt(violation => found.push(violation), 3000, spoil));
		expect(found.map(({ statement }) => statement)).toContain(id);
	});
});

describe.each([
	["3.1.1", 4],
	["5.0", 5],
] as const)("100 runs before a moody server, at %s:", (_name, version) => {
	it("our client breaks no statement", () => {
		const found: Violation[] = [];
		let [connections, resumed, settled] = [0, 0, 0];
		const taken = [0, 0, 0];
		for (let seed = 1; seed <= 100; seed += 1) {
			const holds = seed % 2 === 0;
			const checker = new Checker({
				report: violation => found.push({ ...violation, peer: `seed ${seed}` }),
				answerMs: holds ? 60_000 : 3000,
			});
			const server = weather(seed, { version, checker, holds });
			connections += server.connections;
			resumed += server.resumed;
			settled += server.settled;
			for (const qos of [0, 1, 2]) taken[qos]! += server.taken[qos]!;
		}
		expect(found).toEqual([]);
		expect(connections).toBeGreaterThan(1000);
		expect(resumed).toBeGreaterThan(700);
		expect(settled).toBeGreaterThan(1000);
		for (const qos of [0, 1, 2]) expect(taken[qos]).toBeGreaterThan(1000);
	});
});
