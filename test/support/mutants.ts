// Packets that are almost right: those of a real conversation, those that a broker must refuse, and both with bytes changed, cut, doubled
// and moved. A seed gives them again.

import { generate, type Packet } from "mqtt-packet";
import { SeededRandom } from "../../host-sim/world/random.js";
import refused from "../vectors/refused-by-broker.json" with { type: "json" };
import { connectPacket } from "./knock.js";

const EDGES = [0, 1, 2, 0x0f, 0x10, 0x20, 0x23, 0x26, 0x2b, 0x30, 0x3d, 0x7f, 0x80, 0x82, 0xc0, 0xe0, 0xf0, 0xff];

function honest(version: 4 | 5): Buffer[] {
	const will = { topic: "gone", payload: Buffer.from("x"), qos: 1 as const, retain: true };
	const five = version === 5;
	const packets: Packet[] = [
		connectPacket(version, "fuzz", { will, username: "u", password: Buffer.from("p") }),
		{
			cmd: "publish",
			topic: "f/t",
			payload: "x",
			qos: 2,
			messageId: 1,
			dup: false,
			retain: true,
			...(five && { properties: { topicAlias: 3, userProperties: { a: "b" }, messageExpiryInterval: 3 } }),
		},
		{ cmd: "pubrel", messageId: 1 },
		{
			cmd: "subscribe",
			messageId: 2,
			subscriptions: [
				{ topic: "f/+/#", qos: 2 },
				{ topic: "$share/g/f", qos: 1 },
			],
		},
		{ cmd: "unsubscribe", messageId: 3, unsubscriptions: ["f/+/#"] },
		{ cmd: "puback", messageId: 1 },
		{ cmd: "pubrec", messageId: 1 },
		{ cmd: "pubcomp", messageId: 1 },
		{ cmd: "pingreq" },
		{ cmd: "disconnect" },
	];
	return packets.map(packet => generate(packet, { protocolVersion: version }));
}

export class Mutants {
	readonly #random: SeededRandom;
	readonly #seeds: readonly Buffer[];
	/** A good beginning, behind which more is looked at. */
	readonly #begins: readonly Buffer[];

	constructor(seed: number) {
		this.#random = new SeededRandom(seed);
		const wrong = refused.map(({ hex }) => Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
		const deep = Buffer.from(
			generate({ cmd: "subscribe", messageId: 9, subscriptions: [{ topic: "+/".repeat(190) + "#", qos: 1 }] }),
		);
		this.#seeds = [...honest(4), ...honest(5), ...wrong, deep];
		this.#begins = ([4, 5] as const).map(version => generate(connectPacket(version, ""), { protocolVersion: version }));
	}

	/** What one connection says. */
	next(): Buffer {
		const random = this.#random;
		const pick = <T>(list: readonly T[]): T => list[random.between(0, list.length - 1)]!;
		const parts = random.between(1, 10) <= 8 ? [pick(this.#begins)] : [];
		for (let count = random.between(1, 4); count > 0; count -= 1)
			parts.push(this.#mutant(Buffer.from(pick(this.#seeds))));
		return Buffer.concat(parts);
	}

	#mutant(packet: Buffer): Buffer {
		const random = this.#random;
		let bytes = packet;
		for (let count = random.between(0, 3); count > 0; count -= 1) {
			const at = random.between(0, Math.max(0, bytes.length - 1));
			switch (random.between(0, 5)) {
				case 0:
				case 1:
					bytes[at] = random.between(0, 255);
					break;
				case 2:
					bytes[at] = EDGES[random.between(0, EDGES.length - 1)]!;
					break;
				case 3:
					bytes = Buffer.from(bytes.subarray(0, at));
					break;
				case 4:
					bytes = Buffer.concat([bytes, bytes.subarray(at)]);
					break;
				default:
					bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([random.between(0, 255)]), bytes.subarray(at)]);
			}
		}
		return bytes;
	}
}
