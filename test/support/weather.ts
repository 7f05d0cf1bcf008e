// Our client at either version before a moody server, in virtual time, over a network that slices, delays, cuts and
// hangs: everything that it can be asked for, for a checker to watch. A seed gives the whole run.

import { Client } from "../../firmware/mqtt/client.js";
import { MESSAGE_EXPIRY_INTERVAL, properties, USER_PROPERTY } from "../../firmware/mqtt/property.js";
import type { Checker } from "../../host-sim/checker/checker.js";
import { tapped } from "../../host-sim/checker/tap.js";
import { Network } from "../../host-sim/world/network.js";
import { SeededRandom } from "../../host-sim/world/random.js";
import { VirtualTime } from "../../host-sim/world/time.js";
import { MoodyServer } from "./server.js";

export interface WeatherOptions {
	version: 4 | 5;
	checker: Checker;
	/** The application takes its time to acknowledge. */
	holds: boolean;
}

export function weather(seed: number, { version, checker, holds }: WeatherOptions): MoodyServer {
	const random = new SeededRandom(seed);
	const chance = (percent: number) => random.between(1, 100) <= percent;
	const time = new VirtualTime();
	const network = new Network(time, random.fork("network"), {
		latencyMs: random.between(0, 60),
		slice: chance(50) ? random.between(1, 40) : 0,
		sendBuffer: chance(40) ? random.between(200, 500) : 5744,
	});
	const server = new MoodyServer(time, random.fork("server"), version);
	const accept = tapped(checker, transport => server.accept(transport), { now: () => time.now });
	network.listen("10.0.0.1", 1883, accept);
	const five = version === 5;
	const held: number[] = [];
	const client = new Client({
		host: "10.0.0.1",
		protocolVersion: version,
		clientId: "c",
		cleanSession: chance(10),
		keepAlive: random.between(2, 10),
		...(chance(50) && { userName: "u", password: "p" }),
		...(chance(50) && { will: { topic: "gone", payload: "x", qos: random.between(0, 2), retain: chance(50) } }),
		socket: { io: network.socketFor("c") },
		timer: { io: time.Timer },
		clock: time.clock,
		random: random.fork("client"),
		limits: {
			outbox: random.between(300, 1200),
			messages: random.between(1, 8),
			received: random.between(3, 20),
			receive: random.between(96, 512),
		},
		timeouts: { ackMs: 8000, pingMs: 3000 },
		backoff: { baseMs: 200, capMs: 2000, slowMs: 2000, stableMs: 3000 },
		onOnline: () => {
			if (chance(50)) publish();
		},
	});
	let number = 0;
	function publish(): void {
		number += 1;
		const qos = random.between(0, 2);
		const retain = chance(20);
		const payload = `${number}:${"x".repeat(chance(10) ? random.between(100, 500) : random.between(0, 40))}`;
		const block = properties([USER_PROPERTY, "n", String(number)], [MESSAGE_EXPIRY_INTERVAL, random.between(1, 60)]);
		client.publish(`up/${qos}`, payload, { qos, retain, ...(five && chance(30) && { properties: block }) });
	}
	const subscribe = (filter: string, qos: number) =>
		client.subscribe(
			filter,
			message => {
				if (holds && message.last && message.qos > 0 && chance(20)) held.push(message.hold());
			},
			{ qos, stream: true },
		);
	for (const qos of [0, 1, 2]) subscribe(`down/${qos}`, qos);
	client.open();
	let extra = 0;
	for (let step = 0; step < 250; step += 1) {
		time.run(chance(3) ? random.between(1000, 12_000) : random.between(1, 250));
		const dice = random.between(1, 100);
		if (dice <= 45) publish();
		else if (dice <= 75) {
			const qos = random.between(0, 2) as 0 | 1 | 2;
			server.publish(`down/${qos}`, "y".repeat(chance(10) ? random.between(100, 900) : random.between(0, 40)), qos);
		} else if (dice <= 84) {
			if (held.length > 0) client.acknowledge(held.splice(random.between(0, held.length - 1), 1)[0]!);
		} else if (dice <= 88) network.links[0]?.cut();
		else if (dice <= 89) network.links[0]?.hang();
		else if (dice <= 91) server.close();
		else if (dice <= 95) {
			if (extra > 0) {
				client.unsubscribe(extra);
				extra = 0;
			} else extra = Math.max(0, subscribe(chance(50) ? "more/#" : "$share/g/more", 1));
		} else client.ping();
	}
	for (let i = 0; i < 40; i += 1) {
		time.run(500);
		for (const token of held.splice(0)) client.acknowledge(token);
	}
	client.close();
	time.run(1000);
	return server;
}
