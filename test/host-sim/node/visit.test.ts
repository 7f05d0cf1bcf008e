// Real sockets in a world at the pace of real time.

import { connect } from "node:net";
import { expect, it } from "vitest";
import { listen } from "../../../host-sim/node/listen.js";
import { Pace } from "../../../host-sim/node/pace.js";
import { visited } from "../../../host-sim/node/visit.js";
import { World } from "../../../host-sim/testing.js";
import { afterwards } from "../../support/desk.js";
import { until } from "../../support/mosquitto.js";
import { nodeClient } from "../../support/node.js";

async function port() {
	const log: string[] = [];
	const world = new World({
		broker: {
			on: {
				published: ({ payload, topic }) => log.push(`${topic} ${payload}`),
				disconnected: (id, _peer, why) => log.push(`${id} ${why}`),
			},
		},
	});
	const pace = new Pace(world.time);
	const halt = new AbortController();
	void pace.run({ signal: halt.signal });
	afterwards(() => halt.abort());
	const listener = await listen(
		visited(world, run => pace.enter(run)),
		0,
	);
	afterwards(() => listener.close());
	return { halt, listener, log, pace, world };
}

it("who comes by a port is served by the world's broker, at the world's present", async () => {
	const { listener, log, world } = await port();
	const client = nodeClient(listener.port, "visitor", { keepAlive: 1 });
	client.open();
	await until("online", () => client.isOnline);
	client.publish("t", "x", { qos: 1 });
	await until("settled", () => client.unsettled === 0);
	expect(log).toContain("t x");
	expect(world.time.now).toBeGreaterThan(0);
	expect(listener.destroy("visitor")).toBe(true);
	await until("gone", () => log.some(line => line.startsWith("visitor ")));
	await until("back", () => client.isOnline);
	client.close();
});

it("a broker that is stopped cuts him, and takes nobody until it is back; one that is new remembers nothing", async () => {
	const { listener, pace, world } = await port();
	const sessions: boolean[] = [];
	const client = nodeClient(listener.port, "visitor", {
		cleanSession: false,
		onOnline: sessionPresent => sessions.push(sessionPresent),
	});
	client.open();
	await until("online", () => client.isOnline);
	pace.enter(() => world.stopBroker());
	await until("cut", () => !client.isOnline);
	await new Promise(resolve => setTimeout(resolve, 300));
	expect(client.isOnline).toBe(false);
	pace.enter(() => world.resumeBroker());
	await until("back", () => client.isOnline);
	pace.enter(() => world.startBroker());
	await until("back again", () => sessions.length === 3);
	expect(sessions).toEqual([false, true, false]);
	client.close();
});

it("who does not speak MQTT is shown out, and closing ends all in a moment", async () => {
	const { listener, log } = await port();
	const stranger = connect(listener.port, "127.0.0.1");
	stranger.on("error", () => {});
	stranger.write("GET / HTTP/1.1\r\n\r\n");
	await until("shown out", () => stranger.destroyed);
	expect(log.length).toBe(1);
	const silent = connect(listener.port, "127.0.0.1");
	silent.on("error", () => {});
	await new Promise(resolve => silent.once("connect", resolve));
	const before = performance.now();
	await listener.close();
	expect(performance.now() - before).toBeLessThan(3000);
});
