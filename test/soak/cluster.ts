// A hundred boards at three RabbitMQ nodes, whose node is killed again and again, and one whose node hangs.

import { afterAll, beforeAll, expect, it } from "vitest";
import { RabbitCluster } from "../../host-sim/cluster/rabbitmq.js";
import { median, type TakenAway, takenAway } from "../support/cluster.js";
import { describeWith } from "../support/need.js";

const BOARDS = Number(process.env["SOAK_BOARDS"] ?? 100);
const KILLS = Number(process.env["SOAK_KILLS"] ?? 6);

function tell(what: string, { fleet, ledger, recoveries }: TakenAway): void {
	const times = [median(recoveries), recoveries.at(-1)!].map(ms => `${Math.round(ms)} ms`).join(", at most ");
	const { missing, reported, repeated } = ledger;
	console.log(
		`${what}: ${fleet.published} readings, ${missing.length} missing, ${reported.lost} lost, ${repeated} twice; ${times}`,
	);
}

describeWith(["rabbitmq-server"], "three RabbitMQ nodes", () => {
	let cluster: RabbitCluster;
	beforeAll(async () => {
		cluster = await RabbitCluster.start();
	}, 300_000);
	afterAll(() => cluster?.down(), 60_000);

	it.each(Array.from({ length: KILLS }, (_, i) => i + 1))(
		"a hundred boards lose their node, time %i: every reading at QoS 1 arrives",
		async number => {
			// The observer's node, too, every other time.
			const isObserverThere = number % 2 === 0;
			const result = await takenAway(cluster, {
				boards: BOARDS,
				intervalMs: 1000,
				isObserverThere,
				take: node => node.kill(),
			});
			tell(`killed${isObserverThere ? " under the observer, too" : ""}`, result);
			expect(result.ledger).toMatchObject({ missing: [], open: [], reported: { lost: 0, dropped: 0, refused: 0 } });
			expect(result.ledger.arrived).toBe(result.fleet.settled);
			await cluster.nodes[0]!.start();
		},
		300_000,
	);

	it("a hundred boards whose node hangs: every reading at QoS 1 that they had room for arrives", async () => {
		const [first] = cluster.nodes;
		const result = await takenAway(cluster, {
			boards: BOARDS,
			intervalMs: 1000,
			keepAlive: 10,
			take: async node => node.freeze(true),
		});
		first!.freeze(false);
		tell("hangs", result);
		expect(result.ledger).toMatchObject({ missing: [], open: [], reported: { lost: 0, dropped: 0 } });
	}, 600_000);
});
