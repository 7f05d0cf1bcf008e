import { describe, expect, it } from "vitest";
import type { Agent } from "../../../firmware/device/agent.js";
import type { Duty } from "../../../firmware/device/duty.js";
import { END_SETTLED, QOS_1 } from "../../../firmware/mqtt/client.js";
import { IN_FLIGHT_FULL, LINK_LOST, Misuse } from "../../../firmware/mqtt/error.js";
import { TestWorld } from "../../support/world.js";

/** Publishes a word of its own on every connection, and notes what it is told. */
class Echo implements Duty {
	readonly heard: string[] = [];
	agent: Agent | undefined = undefined;
	topic = 0;
	ticket = 0;

	begin(agent: Agent): void {
		this.agent = agent;
		this.topic = agent.client.topic("thimble/b1/echo");
		agent.client.subscribe("thimble/b1/shout", message => this.heard.push(message.text() ?? "?"));
	}

	handleOnline(sessionPresent: boolean): void {
		this.heard.push(`online ${sessionPresent}`);
		this.ticket = this.say();
	}

	handleOffline(code: number): void {
		this.heard.push(`offline ${code}`);
	}

	handlePing(milliseconds: number): void {
		this.heard.push(`ping ${milliseconds}`);
	}

	handleEnd(ticket: number, end: number): boolean {
		if (ticket !== this.ticket) return false;
		this.heard.push(end === END_SETTLED ? "settled" : "?");
		this.ticket = 0;
		return true;
	}

	handleStop(): void {
		this.heard.push("stop");
	}

	say(): number {
		return this.agent!.publish(this.topic, Uint8Array.of(104, 105), 2, QOS_1);
	}
}

describe("a duty", () => {
	it("is told of connections, round trips, its own publishes and the end, and no reading is counted for it", () => {
		const world = new TestWorld({ link: { latencyMs: 10 } });
		const echo = new Echo();
		const agent = world.agent("b1", { duties: [echo], intervalMs: 60_000 });
		agent.start();
		world.time.run(1_000);
		const shouter = world.client("shouter");
		shouter.open();
		world.time.run(500);
		shouter.publish("thimble/b1/shout", "hey");
		world.time.run(500);
		world.link("b1").cut();
		world.time.run(10_000);
		agent.stop(1_000);
		world.time.run(2_000);
		const told = world.told();
		expect(told.filter(line => line.includes("/echo"))).toHaveLength(2);
		expect(told.findIndex(line => line.includes("online retained"))).toBeLessThan(
			told.findIndex(line => line.includes("/echo")),
		);
		expect(echo.heard.filter(line => !line.startsWith("ping"))).toEqual([
			"online false",
			"settled",
			"hey",
			`offline ${LINK_LOST}`,
			"online true",
			"settled",
			"stop",
		]);
		expect(echo.heard).toContain("ping 20");
		const { published, settled } = agent.counts;
		expect(settled).toBe(published);
		expect(told.filter(line => line.includes("/telemetry"))).toHaveLength(published);
	});

	it("never takes the place that is kept for birth and goodbye", () => {
		const world = new TestWorld();
		const echo = new Echo();
		const agent = world.agent("b1", { duties: [echo], limits: { messages: 2 }, intervalMs: 60_000 });
		agent.client.open();
		expect([echo.say() > 0, echo.say()]).toEqual([true, -IN_FLIGHT_FULL]);
	});

	it("of a board that changes its rhythm, or takes a reading at once", () => {
		const world = new TestWorld();
		const agent = world.agent("b1", { intervalMs: 60_000 });
		const readings = () => world.told().filter(line => line.includes("/telemetry")).length;
		expect(agent.intervalMs).toBe(60_000);
		agent.start();
		world.time.run(100);
		world.told();
		expect(agent.sample()).toBe(true);
		world.time.run(100);
		expect(readings()).toBe(1);
		agent.intervalMs = 1_000;
		world.time.run(10_500);
		expect(readings()).toBe(10);
		expect(() => {
			agent.intervalMs = 9;
		}).toThrow(Misuse);
		expect(agent.intervalMs).toBe(1_000);
		agent.stop(100);
		agent.intervalMs = 500;
		world.time.run(10_000);
		expect(readings()).toBe(0);
	});
});
