// Messages as the client hands them on: held, whole or in spans, and bounded.

import { describe, expect, it } from "vitest";
import type { Incoming } from "../../../firmware/mqtt/client.js";
import { Intake } from "../../../host-sim/sink/intake.js";

function span(text: string, more: Partial<Record<keyof Incoming, unknown>> = {}): Incoming {
	const bytes = Buffer.from(`--${text}--`);
	const { position = 0, total = text.length } = more as { position?: number; total?: number };
	return {
		bytes,
		payloadAt: 2,
		payloadLength: text.length,
		position,
		total,
		topic: "t",
		qos: 1,
		aborted: false,
		last: position + text.length === total,
		hold: () => 7,
		...more,
	} as unknown as Incoming;
}

describe("Intake", () => {
	it("a whole message, held; its payload is a copy", () => {
		const packet = span("hello");
		const arrival = new Intake().take(packet)!;
		packet.bytes.fill(0);
		expect({ ...arrival, payload: `${arrival.payload}` }).toEqual({
			topic: "t",
			payload: "hello",
			length: 5,
			qos: 1,
			token: 7,
		});
	});

	it("spans are put together; of one that breaks off nothing is left", () => {
		const intake = new Intake();
		expect(intake.take(span("hel", { total: 5 }))).toBeUndefined();
		expect(intake.take(span("", { total: 5, position: 3, aborted: true }))).toBeUndefined();
		expect(intake.take(span("HEL", { total: 5 }))).toBeUndefined();
		expect(`${intake.take(span("LO", { total: 5, position: 3 }))!.payload}`).toBe("HELLO");
	});

	it("of a huge one the beginning is kept, and how long it was", () => {
		const intake = new Intake();
		const total = 200_000_000;
		expect(intake.take(span("a".repeat(60_000), { total }))).toBeUndefined();
		expect(intake.take(span("b".repeat(60_000), { total, position: 60_000 }))).toBeUndefined();
		const { length, payload } = intake.take(span("c", { total, position: total - 1 }))!;
		expect([length, payload.length, payload[59_999], payload[60_000], payload[65_535]]).toEqual([
			total,
			65_536,
			97,
			98,
			98,
		]);
	});

	it("one that there is no room to hold is not taken: the broker sends it again; at QoS 0 there is nothing to hold", () => {
		expect(new Intake().take(span("x", { hold: () => 0 }))).toBeUndefined();
		expect(new Intake().take(span("x", { hold: () => 0, qos: 0 }))).toMatchObject({ token: 0 });
	});
});
