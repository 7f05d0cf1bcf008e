import { describe, expect, it } from "vitest";
import { PORTAL_ADDRESS } from "../../../host-sim/world/portal.js";
import { TestWorld } from "../../support/world.js";

describe("a captive portal", () => {
	it("answers for every name and address, and nothing that was taken is lost when it lets the board through", () => {
		const world = new TestWorld();
		const path = world.network.path("c");
		const told: string[] = [];
		const client = world.client("c", {
			cleanSession: false,
			onOnline: () => told.push("online"),
			onOffline: code => told.push(code.toString(16)),
			onPublishEnd: (_ticket, end) => told.push(`end ${end}`),
		});
		const addresses: string[] = [];
		const ask = () =>
			new (world.network.resolverFor("c"))({}).resolve({
				host: "anything.example",
				onResolved: (_host, address) => addresses.push(address),
				onError: () => addresses.push("none"),
			});
		ask();
		world.time.run(100);
		path.isCaptive = true;
		ask();
		client.open();
		client.publish("reading", "1", { qos: 2 });
		world.time.run(20_000);
		expect(addresses).toEqual(["none", PORTAL_ADDRESS]);
		// HTTP is no CONNACK.
		expect(new Set(told.splice(0))).toEqual(new Set(["57"]));
		path.isCaptive = false;
		world.time.run(60_000);
		expect(told).toEqual(["online", "end 0"]);
		expect(world.told().filter(line => line.startsWith("publish"))).toEqual(["publish reading 1"]);
	});
});
