// Three real RabbitMQ nodes as one cluster, and boards that lose the one that they are at.

import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RabbitCluster } from "../../../host-sim/cluster/rabbitmq.js";
import { takenAway } from "../../support/cluster.js";
import { eventsOf, thimble } from "../../support/command.js";
import { freePort, sleep, until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";

/** Three nodes are up in about twenty seconds on two cores, and in three times as long where others are at work. */
const START_MS = 180_000;

/** The processes that were started for that folder, by what they were given; those that have ended have nothing left of that. */
function processesOf(folder: string): string[] {
	return readdirSync("/proc").filter(entry => {
		if (!/^\d+$/.test(entry)) return false;
		try {
			return readFileSync(`/proc/${entry}/environ`, "latin1").split("\0").includes(`HOME=${folder}`);
		} catch {
			return false;
		}
	});
}

describeWith(["rabbitmq-server"], "a cluster of three RabbitMQ nodes", () => {
	let cluster: RabbitCluster;
	beforeAll(async () => {
		cluster = await RabbitCluster.start();
	}, START_MS);
	afterAll(() => cluster?.down(), START_MS);

	it("serves boards whose node is killed from the next one: every reading at QoS 1 arrives", async () => {
		const { fleet, ledger, ports, recoveries, taken } = await takenAway(cluster, {
			boards: 6,
			// Slow enough for a board's eight places to last until it is served again.
			intervalMs: 250,
			async take(node) {
				// So that there is something under way when it goes.
				node.freeze(true);
				await sleep(300);
				await node.kill();
			},
		});
		expect(ledger).toMatchObject({ missing: [], open: [], reported: { refused: 0, lost: 0, dropped: 0 } });
		expect(fleet).toMatchObject({ seenOnline: 6, reconnects: 6 });
		expect(ledger.arrived).toBe(fleet.settled);
		expect(recoveries).toHaveLength(6);
		expect(ports).toHaveLength(6);
		expect(ports).not.toContain(taken);
		expect(await cluster.nodes[1]!.running()).toEqual(["thimble-2@localhost", "thimble-3@localhost"]);
	}, 60_000);

	it("takes a node back, and keeps the session of a subscriber whose node is killed", async () => {
		await cluster.nodes[0]!.start();
		expect(await cluster.nodes[0]!.running()).toHaveLength(3);
		const { ledger } = await takenAway(cluster, {
			boards: 3,
			intervalMs: 200,
			isObserverThere: true,
			take: node => node.kill(),
		});
		expect(ledger).toMatchObject({ missing: [], open: [], restarts: [{ remembered: true }] });
	}, 90_000);

	it("has the parts of a run, whose node is killed in the middle: they go on, and report what was promised", async () => {
		await cluster.nodes[0]!.start();
		const args = ["--devices", "4", "--interval", "250ms", "--broker", cluster.url, "--duration", "5s", "--json"];
		const parts = [1, 2].map(number => thimble(["run", "--shard", `${number}/2`, ...args]));
		await until("readings", () => parts.every(part => `${part.out()}`.includes('"event":"settled"')), 40_000);
		await cluster.nodes[0]!.kill();
		expect(await Promise.all(parts.map(part => part.code))).toEqual([0, 0]);
		const whole = eventsOf(parts[0]!).at(-1) as Record<string, number>;
		expect(whole).toMatchObject({
			event: "summary",
			devices: 4,
			seenOnline: 4,
			parts: 2,
			missing: [],
			gaps: 0,
			lost: 0,
		});
		expect(whole["reconnects"]).toBeGreaterThanOrEqual(4);
		expect(whole["arrived"]).toBe(whole["settled"]);
		expect(whole["settled"]).toBeGreaterThan(4 * 10);
	}, 90_000);

	it("leaves no process and no file behind", async () => {
		const { folder } = cluster;
		expect(processesOf(folder).length).toBeGreaterThan(0);
		// Whose end is waited for is who writes there: not a shell that would end before it.
		const running = cluster.nodes.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
		expect(running.length).toBeGreaterThan(0);
		for (const pid of running) expect(readFileSync(`/proc/${pid}/comm`, "utf8")).toBe("beam.smp\n");
		await cluster.down();
		expect(processesOf(folder)).toEqual([]);
		expect(() => readdirSync(folder)).toThrow("ENOENT");
	}, 30_000);

	it("is not begun where somebody else listens on one of its ports", async () => {
		const port = await freePort();
		const other = createServer();
		await new Promise<void>(resolve => other.listen(port, "127.0.0.1", resolve));
		await expect(RabbitCluster.start({ port })).rejects.toThrow(`somebody else listens on port ${port}`);
		await new Promise(resolve => other.close(resolve));
	});
});
