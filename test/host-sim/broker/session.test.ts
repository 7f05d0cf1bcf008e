import type { Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Session } from "../../../host-sim/broker/session.js";
import { FOR_EVER } from "../../../host-sim/broker/terms.js";

const message = (text: string, qos: 0 | 1 | 2) => ({ topic: "t", payload: Buffer.from(text), qos, retain: false });

function attached(session: Session): string[] {
	const sent: string[] = [];
	session.attach((packet: Packet) =>
		sent.push(
			packet.cmd === "publish"
				? `${packet.payload} #${packet.messageId} d${Number(packet.dup)}`
				: `${packet.cmd} #${packet.messageId}`,
		),
	);
	return sent;
}

describe("what the broker owes a client", () => {
	it("goes out within the window, and waits beyond it", () => {
		const session = new Session("c", FOR_EVER, { maxInflight: 2, maxQueued: 10 });
		const sent = attached(session);
		for (const text of ["a", "b", "c"]) session.deliver(message(text, 1));
		expect(sent).toEqual(["a #1 d0", "b #2 d0"]);
		expect(session.handlePuback(2)).toBe(true);
		expect(sent.at(-1)).toBe("c #3 d0");
		expect(session.owed).toBe(2);
	});

	it("[MQTT-4.4.0-1] goes out again on the next connection, PUBREL where PUBREC had come", () => {
		const session = new Session("c", FOR_EVER, { maxInflight: 5, maxQueued: 10 });
		attached(session);
		session.deliver(message("a", 2));
		session.deliver(message("b", 2));
		session.handlePubrec(1);
		session.detach();
		session.deliver(message("away", 1));
		session.deliver(message("gone", 0));
		expect(attached(session)).toEqual(["pubrel #1", "b #2 d1", "away #3 d0"]);
	});

	it("knows an answer of the wrong kind from one that is just unknown", () => {
		const session = new Session("c", FOR_EVER, { maxInflight: 5, maxQueued: 10 });
		attached(session);
		session.deliver(message("a", 1));
		session.deliver(message("b", 2));
		expect([session.handlePubrec(1), session.handlePubcomp(2), session.handlePuback(2)]).toEqual([false, false, false]);
		expect([session.handlePuback(9), session.handlePubrec(9), session.handlePubcomp(9)]).toEqual([true, true, true]);
		expect([session.handlePubrec(2), session.handlePubcomp(2), session.handlePuback(1)]).toEqual([true, true, true]);
		expect(session.owed).toBe(0);
	});

	it("is dropped and counted where it gets too much", () => {
		const session = new Session("c", FOR_EVER, { maxInflight: 1, maxQueued: 2 });
		for (const text of ["a", "b", "c"]) session.deliver(message(text, 1));
		expect([session.owed, session.dropped]).toEqual([2, 1]);
	});
});
