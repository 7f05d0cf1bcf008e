// Who looks on at a broker: sees all that arrives there, also while away, and leaves nothing behind.

import { createServer } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import { type Listener, listen } from "../../../host-sim/node/listen.js";
import { Observer, type ObserverOptions } from "../../../host-sim/node/observer.js";
import { until } from "../../support/mosquitto.js";

let broker: Broker;
let listener: Listener;
const observers: Observer[] = [];

beforeEach(async () => {
	broker = new Broker({ users: { ann: "pass" } });
	listener = await listen(broker, 0);
});

afterEach(async () => {
	for (const observer of observers.splice(0)) observer.close();
	await listener.close();
});

function make(options: Partial<ObserverOptions> = {}) {
	const told: string[] = [];
	const observer = new Observer({
		host: "127.0.0.1",
		port: listener.port,
		userName: "ann",
		password: "pass",
		clientId: "o",
		filters: ["r/+"],
		qos: 2,
		backoff: { baseMs: 20, capMs: 50 },
		taken: message => told.push(`${message.topic} ${message.text()} ${message.qos}`),
		there: remembered => told.push(remembered ? "back" : "new"),
		away: () => told.push("away"),
		...options,
	});
	observers.push(observer);
	return { observer, told };
}

const publish = (payload: string) =>
	broker.publish({ topic: "r/1", payload: Buffer.from(payload), qos: 2, retain: false });

it("sees what arrives, and afterwards what has arrived while its connection was gone", async () => {
	const { observer, told } = make();
	observer.open();
	await until("there", () => observer.isThere);
	publish("a");
	await until("a", () => told.length === 2);
	listener.destroy("o");
	publish("b");
	await until("b", () => told.length === 5);
	expect(told).toEqual(["new", "r/1 a 2", "away", "back", "r/1 b 2"]);
	expect([observer.wasThere, observer.isRefused]).toEqual([true, false]);
});

it("closed, it is kept in mind by the broker; when it has left, no longer", async () => {
	const { observer, told } = make();
	observer.open();
	await until("there", () => observer.isThere);
	observer.close();
	expect([observer.isThere, told]).toEqual([false, ["new", "away"]]);
	publish("a");
	observer.open();
	await until("a", () => told.length === 4);
	await observer.leave();
	await until("forgotten", () => !broker.sessions.has("o"));
	expect(told).toEqual(["new", "away", "back", "r/1 a 2", "away"]);
});

it("goes to another broker of the same sessions where its own is gone", async () => {
	const other = await listen(broker, 0);
	const servers = [other, listener].map(({ port }) => ({ host: "127.0.0.1", port }));
	const { observer, told } = make({ port: other.port, servers });
	observer.open();
	await until("there", () => observer.isThere);
	await other.close();
	publish("a");
	await until("a", () => told.length === 4);
	expect(told).toEqual(["new", "away", "back", "r/1 a 2"]);
});

it("says why it has not come, and has then nothing to leave", async () => {
	const { observer } = make({ password: "wrong" });
	observer.open();
	await until("refused", () => observer.code !== 0);
	await observer.leave();
	expect([observer.code, observer.wasThere]).toEqual([0x86, false]);
});

it("says that its subscription was refused; where nobody answers it leaves all the same", async () => {
	let answers = true;
	const server = createServer(socket => {
		socket.on("error", () => {});
		socket.on("data", bytes => {
			if (!answers) return;
			if (bytes[0] === 0x10) socket.write(Uint8Array.of(0x20, 2, 0, 0));
			if (bytes[0] === 0x82) socket.write(Uint8Array.of(0x90, 3, bytes[2]!, bytes[3]!, 0x80));
		});
	});
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
	const { observer } = make({ port: (server.address() as { port: number }).port });
	observer.open();
	await until("refused", () => observer.isRefused);
	expect([observer.code, observer.isThere]).toEqual([0x80, false]);
	// As if it had been there before.
	observer.wasThere = true;
	answers = false;
	const start = performance.now();
	await observer.leave();
	expect(performance.now() - start).toBeGreaterThan(2900);
	server.close();
});
