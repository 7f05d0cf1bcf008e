import { expect, it } from "vitest";
import { Metrics } from "../../../host-sim/security/metrics.js";

it("counts, and says it in a line and in topics", () => {
	const metrics = new Metrics(1000);
	metrics.countClient(1);
	metrics.countClient(1);
	metrics.countClient(-1);
	metrics.messagesReceived = 7;
	metrics.countRefusal("malformed packet: this");
	metrics.countRefusal("malformed packet: that");
	expect(metrics.line(61_500)).toMatchObject({
		upS: 60,
		clients: 1,
		mostClients: 2,
		messagesReceived: 7,
		refusals: { "malformed packet": 2 },
		memory: { rss: expect.any(Number) },
	});
	const topics = new Map(metrics.topics(61_500, "1.2.3"));
	expect(topics.get("$SYS/broker/uptime")).toBe("60 seconds");
	expect(topics.get("$SYS/broker/clients/connected")).toBe("1");
	expect(topics.get("$SYS/broker/version")).toBe("thimble 1.2.3");
	expect([...topics.keys()].every(topic => topic.startsWith("$SYS/broker/"))).toBe(true);
});

it("has room for so many reasons, whatever clients think of", () => {
	const metrics = new Metrics(0);
	for (let i = 0; i < 1000; i += 1) metrics.countRefusal(`reason ${i}`);
	const { refusals } = metrics.line(0) as { refusals: Record<string, number> };
	expect(Object.keys(refusals).length).toBe(51);
	expect(refusals["other"]).toBe(950);
});
