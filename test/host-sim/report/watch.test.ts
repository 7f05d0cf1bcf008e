import { describe, expect, it } from "vitest";
import type { FleetEvent } from "../../../host-sim/fleet/fleet.js";
import { Measures } from "../../../host-sim/report/measures.js";
import { Watch } from "../../../host-sim/report/watch.js";

const topic = "thimble/a/telemetry";
const reading = (seq: number, packetId?: number, qos = 1): FleetEvent => ({
	device: "a",
	event: "reading",
	topic,
	qos,
	...(packetId !== undefined && { packetId }),
	payload: { boot: 1, seq },
});
const settled = (packetId: number): FleetEvent => ({ device: "a", event: "settled", topic, packetId });
const payload = (seq: number) => Buffer.from(`{"boot":1,"seq":${seq}}`);

function watched() {
	const clock = { now: 0 };
	const watch = new Watch([{ deviceId: "a", telemetryTopic: topic }], new Measures(), () => clock.now);
	const at = (now: number, event: FleetEvent) => {
		clock.now = now;
		watch.handleEvent(event);
	};
	return { watch, clock, at };
}

describe("a watch over boards on real sockets", () => {
	it("follows a reading by its packet id, and where it arrives by its name", () => {
		const { at, clock, watch } = watched();
		watch.handleDial("a");
		at(7, { device: "a", event: "online", sessionPresent: false });
		at(10, reading(1, 5));
		at(11, reading(2, 6));
		at(14, settled(6));
		at(15, settled(5));
		clock.now = 18;
		watch.handleArrival(topic, payload(1), 1);
		watch.handleArrival("thimble/b/telemetry", payload(2), 1);
		expect(watch.measures.connect.percentiles()).toMatchObject({ count: 1, max: 7 });
		expect(watch.measures.acknowledged.percentiles()).toMatchObject({ count: 2, min: 3, max: 5 });
		expect(watch.measures.arrived.percentiles()).toMatchObject({ count: 1, max: 8 });
		expect(watch.ledger.summary().missing).toMatchObject([{ device: "a", from: 2, to: 2 }]);
	});

	it("does not wait for what there was no room for", () => {
		const { at, watch } = watched();
		at(10, reading(1));
		at(10, { device: "a", event: "refused", topic, code: 1, reason: "" });
		expect(watch.ledger.summary()).toMatchObject({ published: 0, open: [] });
	});

	it("takes no ticket of a life before for one of this", () => {
		const { at, watch } = watched();
		at(10, reading(1, 5));
		at(20, { device: "a", event: "restarted", reason: "", lost: 1 });
		at(30, settled(5));
		expect(watch.measures.acknowledged.count).toBe(0);
		expect(watch.ledger.summary().missing).toEqual([]);
	});

	it("knows who is online", () => {
		const { at, watch } = watched();
		at(10, { device: "a", event: "online", sessionPresent: false });
		at(150, { device: "a", event: "offline", code: 1, reason: "" });
		at(250, { device: "a", event: "online", sessionPresent: false });
		at(450, { device: "a", event: "stopped", drained: true });
		expect(watch.measures.series.slices.map(({ online }) => online)).toEqual([0, 0, 0, 1, 0]);
	});
});
