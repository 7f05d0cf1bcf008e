// A server without manners, as a client meets it.

import { describe, expect, it } from "vitest";
import { TestWorld } from "../../support/world.js";

/** Publishes at QoS 2 to a broker with these manners; what each end saw. */
function publish(manners: { lateMs?: number; twice?: number; wrong?: number }, count = 1) {
	const got: string[] = [];
	const world = new TestWorld();
	const ends: number[] = [];
	const offline: string[] = [];
	let settledAt = 0;
	const client = world.client("c", {
		cleanSession: false,
		backoff: { baseMs: 50, capMs: 50 },
		timeouts: { ackMs: 5000 },
		onOffline: code => offline.push(code.toString(16)),
		onPublishEnd: (_ticket, end) => {
			ends.push(end);
			settledAt = world.time.now;
		},
	});
	client.open();
	world.run(1000);
	world.told();
	const start = world.time.now;
	world.manners = { lateMs: 0, twice: 0, wrong: 0, ...manners };
	for (let i = 0; i < count; i += 1) client.publish("t", String(i), { qos: 2 });
	world.run(20_000);
	world.manners = { lateMs: 0, twice: 0, wrong: 0 };
	world.run(20_000);
	got.push(...world.told().filter(line => line.startsWith("publish")));
	return { ends, offline, got, tookMs: settledAt - start };
}

describe("a server without manners", () => {
	it("answers late: the client waits", () => {
		const { ends, got, tookMs } = publish({ lateMs: 700 });
		expect([ends, got]).toEqual([[0], ["publish t 0"]]);
		expect(tookMs).toBeGreaterThanOrEqual(1400);
	});

	it("answers too late: the client closes and comes back, and the message is there once", () => {
		const { offline, ends, got } = publish({ lateMs: 7000 });
		expect(offline).toContain("37");
		expect([ends, got]).toEqual([[0], ["publish t 0"]]);
	});

	it("acknowledges twice: once is enough", () => {
		const { ends, got, offline } = publish({ twice: 100 }, 3);
		expect([ends, got.length, offline]).toEqual([[0, 0, 0], 3, []]);
	});

	it("answers wrongly: the client closes, and in the end everything is there once", () => {
		const { ends, got, offline } = publish({ wrong: 60 }, 5);
		expect(offline.length).toBeGreaterThan(0);
		expect(new Set(offline).size).toBeGreaterThan(1);
		expect([ends, got]).toEqual([[0, 0, 0, 0, 0], [0, 1, 2, 3, 4].map(i => `publish t ${i}`)]);
	});
});
