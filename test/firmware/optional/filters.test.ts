// SUBSCRIBE and UNSUBSCRIBE one after the other, over a client whose server is the test.

import type { Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Filters } from "../../../firmware/optional/filters.js";
import { online, type PeerOptions } from "../../support/peer.js";

function make(options: PeerOptions = {}) {
	const told: string[] = [];
	let filters!: Filters;
	const peer = online({
		...options,
		onSubscribed: (handle, code) => filters.handleAnswer(true, handle, code),
		onUnsubscribed: (handle, code) => filters.handleAnswer(false, handle, code),
		onDrained: () => filters.handleTurn(),
	});
	filters = new Filters(
		peer.client,
		() => {},
		(subscribes, id, codes) => told.push(`${subscribes ? "subscribed" : "unsubscribed"} ${id} ${codes}`),
	);
	peer.take();
	const ids: number[] = [];
	const asked = () => {
		peer.time.run(1);
		return peer.take().map(packet => {
			ids.push(packet.messageId ?? 0);
			if (packet.cmd === "subscribe")
				return `subscribe ${packet.subscriptions.map(({ topic, qos }) => `${topic} ${qos}`)}`;
			if (packet.cmd === "unsubscribe") return `unsubscribe ${packet.unsubscriptions}`;
			return packet.cmd;
		});
	};
	return { asked, filters, ids, peer, told };
}

describe("requests for filters", () => {
	it("leave one after the other, and are answered in the order of their items", () => {
		const { asked, filters, ids, peer, told } = make();
		filters.write(true, 7, [
			{ topic: "a", QoS: 1 },
			{ topic: "b", QoS: 0 },
		]);
		filters.write(false, 8, [{ topic: "a", QoS: 0 }]);
		const answers: Packet[] = [
			{ cmd: "suback", granted: [1] },
			{ cmd: "suback", granted: [0x80] },
			{ cmd: "unsuback", granted: [] },
		];
		const sent: string[] = [];
		for (const answer of answers) {
			sent.push(...asked());
			peer.send({ ...answer, messageId: ids.at(-1)! } as Packet);
		}
		expect(sent).toEqual(["subscribe a 1", "subscribe b 0", "unsubscribe a"]);
		expect(told).toEqual(["subscribed 7 1,128", "unsubscribed 8 0"]);
		expect(filters.isIdle).toBe(true);
	});

	it("for what was never subscribed to are UNSUBSCRIBE, and nothing else", () => {
		const { asked, filters } = make();
		filters.write(false, 1, [{ topic: "frogs", QoS: 0 }]);
		expect(asked()).toEqual(["unsubscribe frogs"]);
	});

	it("asked for while held begin when released, by whoever held first", () => {
		const { asked, filters } = make();
		const outer = filters.hold();
		const inner = filters.hold();
		filters.write(true, 1, [{ topic: "a", QoS: 0 }]);
		filters.release(inner);
		expect(asked()).toEqual([]);
		filters.release(outer);
		expect(asked()).toEqual(["subscribe a 0"]);
	});

	it("that find no room are answered when settled, with 0x80", () => {
		const { asked, filters, told } = make({ limits: { topics: 1 } });
		filters.write(true, undefined, [{ topic: "a", QoS: 0 }]);
		asked();
		filters.clear();
		filters.write(true, undefined, [{ topic: "b", QoS: 0 }]);
		expect(told).toEqual([]);
		filters.settle();
		expect(told).toEqual(["subscribed 2 128"]);
		expect(filters.isIdle).toBe(true);
	});

	it("with what is no filter, or no QoS, are not taken", () => {
		const { asked, filters } = make();
		expect(() => filters.write(true, 1, [{ topic: "a#", QoS: 0 }])).toThrow();
		expect(() => filters.write(true, 1, [{ topic: "a", QoS: 3 }])).toThrow(RangeError);
		expect(filters.isIdle).toBe(true);
		expect(asked()).toEqual([]);
	});
});
