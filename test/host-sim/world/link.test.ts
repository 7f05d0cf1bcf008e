// One simulated connection: who hears of its end, and who does not.

import { describe, expect, it } from "vitest";
import { TestWorld } from "../../support/world.js";

describe("a link", () => {
	const online = () => {
		const world = new TestWorld();
		const told: string[] = [];
		const client = world.client("c", {
			keepAlive: 0,
			backoff: { baseMs: 60_000, slowMs: 60_000 },
			onOffline: code => told.push(`offline ${code.toString(16)}`),
		});
		client.open();
		world.run(2000);
		world.told();
		return { world, told, client };
	};

	it("that is cut ends for both", () => {
		const { world, told } = online();
		world.link("c").cut();
		expect(told).toEqual(["offline 38"]);
		expect(world.told()).toEqual(["disconnected c connection lost"]);
		expect(world.network.links).toEqual([]);
	});

	it("whose board vanishes is never the wiser at the server", () => {
		const { world, told } = online();
		world.link("c").vanish();
		world.run(30_000);
		expect([told, world.told()]).toEqual([[], []]);
		expect(world.network.links).toEqual([]);
	});

	it("that fails is over for the board alone", () => {
		const { world, told } = online();
		const link = world.link("c");
		link.hang();
		link.fail();
		world.run(1000);
		expect([told, world.told()]).toEqual([["offline 38"], []]);
	});

	it("gives what has arrived before it says that the other end is closed", () => {
		const { world, told, client } = online();
		const got: string[] = [];
		client.subscribe("t", message => got.push(message.text() ?? ""));
		world.run(100);
		world.broker.publish({ topic: "t", payload: Buffer.from("last words"), qos: 0, retain: false });
		world.broker.disconnect("c", 0x8b);
		world.run(1000);
		expect([got, told]).toEqual([["last words"], ["offline 38"]]);
	});
});
