// A client in bad weather, in virtual time: everything it can be asked for, through a network that slices, delays, cuts
// and hangs, with what must hold whatever happens. A seed gives the whole run.

import { Client, FIRST } from "../../firmware/mqtt/client.js";
import { DISPLACED } from "../../firmware/mqtt/error.js";
import { Overflow } from "../../firmware/optional/overflow.js";
import { Broker } from "../../host-sim/broker/broker.js";
import type { Accept } from "../../host-sim/transport.js";
import { Network } from "../../host-sim/world/network.js";
import { SeededRandom } from "../../host-sim/world/random.js";
import { VirtualTime } from "../../host-sim/world/time.js";

export interface Storm {
	/** Messages that the client published and that it received. */
	published: number;
	received: number;
	reconnects: number;
	/** Messages that a policy let go for others. */
	displaced: number;
}

/** Between the network and the broker, for who wants to watch. */
export type Watch = (accept: Accept, time: VirtualTime) => Accept;

/** Throws an Error that names the seed and what did not hold. */
export function storm(seed: number, watch: Watch = accept => accept): Storm {
	const random = new SeededRandom(seed);
	const chance = (percent: number) => random.between(1, 100) <= percent;
	const time = new VirtualTime(0x7fff_ffff - random.between(0, 60_000));
	const network = new Network(time, random.fork("network"), {
		latencyMs: random.between(0, 60),
		slice: chance(50) ? random.between(1, 40) : 0,
		sendBuffer: chance(40) ? random.between(200, 500) : 5744,
	});
	const require = (holds: boolean, what: string) => {
		if (!holds) throw new Error(`seed ${seed} at ${time.now} ms: ${what}`);
	};

	// Every other storm is one of 5.0, with a server that allows little.
	const protocolVersion = seed % 2 === 0 ? 5 : 4;
	const allowed = random.fork("limits");
	// Some have a policy for a full outbox, keep QoS 0 while they are offline, and say of messages that they go first.
	const choices = random.fork("choices");
	const policy = ([undefined, "drop-oldest", undefined, "latest-per-topic"] as const)[choices.between(0, 3)];
	const overflow = policy === undefined ? undefined : new Overflow(policy, choices.between(0, 3) === 0 ? 2 : 32);
	const keepsAll = choices.between(0, 2) === 0;
	const firsts = choices.between(0, 2) === 0 ? 15 : 0;
	const atBroker: string[] = [];
	const broker = new Broker({
		maxInflight: random.between(1, 12),
		limits: { receiveMaximum: allowed.between(1, 12), topicAliasMaximum: allowed.between(0, 3) },
		on: {
			published: ({ topic, payload }) => {
				if (topic.startsWith("up/")) atBroker.push(`${topic} ${payload}`);
			},
			violated: ({ sentence, statement }) => require(false, `the client breaks ${statement}: ${sentence}`),
			disconnected: (_id, _peer, why) => {
				require(["connection lost", "taken over", "keep-alive ran out", "no CONNECT in time", "said goodbye"].includes(
					why,
				), `the broker refused: ${why}`);
			},
		},
	});
	network.listen(
		"10.0.0.1",
		1883,
		watch((transport, now) => broker.accept(transport, now), time),
	);

	const underWay = new Map<number, string>();
	const settled = new Set<string>();
	const handled: string[] = [];
	const held: number[] = [];
	const displaced: string[] = [];
	const first = new Set<string>();
	/** The number of the last message that was taken, by topic. */
	const latest = new Map<string, number>();
	const numberOf = (key: string) => Number(/ (\d+):/.exec(key)![1]);
	let reconnects = -1;
	const client = new Client({
		host: "10.0.0.1",
		clientId: "c",
		protocolVersion,
		cleanSession: false,
		keepAlive: random.between(5, 30),
		socket: { io: network.socketFor("c") },
		timer: { io: time.Timer },
		clock: time.clock,
		random: random.fork("client"),
		limits: {
			outbox: random.between(300, 1200),
			messages: random.between(1, 8),
			received: 20,
			receive: random.between(96, 512),
			aliases: protocolVersion === 5 ? allowed.between(0, 3) : 0,
			aliasBytes: 200,
		},
		timeouts: { ackMs: 8000, pingMs: 3000 },
		backoff: { baseMs: 200, capMs: 2000, slowMs: 2000, stableMs: 3000 },
		...(overflow !== undefined && { whenFull: overflow }),
		...(keepsAll && { qos0WhileOffline: "keep" }),
		onOnline: () => {
			reconnects += 1;
			if (chance(20)) publish();
		},
		onPublishEnd: (ticket, end, code) => {
			const key = underWay.get(ticket);
			require(key !== undefined, `ticket ${ticket} ended, and is not under way`);
			underWay.delete(ticket);
			if (end === 0) settled.add(key!);
			else if (code === DISPLACED) {
				// Only where a policy may, and nothing that had left, or goes first; the latest of a topic stays.
				require(overflow !== undefined && end === 3, `${key} displaced as ${end} without a policy`);
				require(!first.has(key!), `${key} displaced, though it goes first`);
				if (policy === "latest-per-topic")
					require(latest.get(key!.slice(0, 4))! > numberOf(key!), `${key} displaced, though it is the latest`);
				displaced.push(key!);
			}
			// The broker keeps its sessions here: nothing above QoS 0 may be lost or dropped.
			else require(key!.startsWith("up/0"), `${key} ended as ${end}, code ${code}`);
			if (chance(10)) publish();
		},
	});

	let number = 0;
	function publish(): void {
		const qos = random.between(0, 2);
		const key = `up/${qos} ${number}:${"x".repeat(chance(10) ? random.between(100, 700) : random.between(0, 40))}`;
		const payload = Buffer.from(key.slice(5));
		const goesFirst = chance(firsts);
		let ticket: number;
		if (!goesFirst && chance(15)) {
			const source = {
				read(bytes: Uint8Array, at: number, count: number, position: number) {
					const piece = Math.min(random.between(1, count), payload.length - position);
					bytes.set(payload.subarray(position, position + piece), at);
					return piece;
				},
			};
			ticket = client.publishFrom(client.topic(`up/${qos}`), source, payload.length, qos << 1);
		} else if (number % 2 === 0) ticket = client.publish(`up/${qos}`, payload, { qos, first: goesFirst });
		else
			ticket = client.publish(
				client.topic(`up/${qos}`),
				Buffer.concat([payload, payload]),
				payload.length,
				(qos << 1) | (goesFirst ? FIRST : 0),
			);
		if (ticket < 0) return;
		latest.set(`up/${qos}`, number);
		number += 1;
		if (goesFirst) first.add(key);
		if (ticket === 0) {
			settled.add(key);
			return;
		}
		require(!underWay.has(ticket), `ticket ${ticket} given twice`);
		underWay.set(ticket, key);
	}

	let spans = "";
	for (const qos of [0, 1, 2])
		client.subscribe(
			`down/${qos}`,
			message => {
				if (message.aborted) {
					spans = "";
					return;
				}
				spans = (message.position === 0 ? "" : spans) + message.text();
				if (!message.last) return;
				handled.push(`down/${message.qos} ${spans}`);
				if (message.qos > 0 && chance(20)) held.push(message.hold());
				if (chance(10)) publish();
			},
			{ qos, stream: true },
		);
	client.open();
	time.run(1000);
	const sent: string[] = [];
	require(broker.sessions.get("c")?.subscriptions.size === 3, "not subscribed");

	for (let step = 0; step < 150; step += 1) {
		time.run(random.between(1, 250));
		broker.handleTime(time.now);
		const dice = random.between(1, 100);
		if (dice <= 45) publish();
		else if (dice <= 80) {
			const qos = random.between(0, 2) as 0 | 1 | 2;
			const key = `down/${qos} ${step}:${"y".repeat(chance(10) ? random.between(100, 900) : random.between(0, 40))}`;
			sent.push(key);
			broker.publish({ topic: `down/${qos}`, payload: Buffer.from(key.slice(7)), qos, retain: false });
		} else if (dice <= 88) {
			if (held.length > 0) client.acknowledge(held.splice(random.between(0, held.length - 1), 1)[0]!);
		} else if (dice <= 93) network.links[0]?.cut();
		else if (dice <= 95) network.links[0]?.hang();
		else client.ping();
		require(client.unsettled === underWay.size, `${client.unsettled} unsettled, ${underWay.size} under way`);
	}
	// The weather clears.
	const isCalm = () => client.isOnline && client.unsettled === 0 && broker.sessions.get("c")!.owed === 0;
	for (let i = 0; i < 400 && !isCalm(); i += 1) {
		time.run(500);
		broker.handleTime(time.now);
		for (const token of held.splice(0)) client.acknowledge(token);
	}
	require(client.isOnline, "not online in the end");
	require(underWay.size === 0, `${underWay.size} publishes never ended`);
	require(broker.sessions.get("c")!.owed === 0, "the broker still owes messages");
	const times = (list: readonly string[], key: string) =>
		list.reduce((count, entry) => count + Number(entry === key), 0);
	require((overflow?.dropped ?? 0) === displaced.length, `${overflow?.dropped} dropped, ${displaced.length} told`);
	for (const key of displaced) require(!atBroker.includes(key), `displaced, though it had left: ${key.slice(0, 12)}`);
	for (const key of settled) {
		if (key.startsWith("up/1")) require(times(atBroker, key) >= 1, `QoS 1 lost: ${key.slice(0, 12)}`);
		if (key.startsWith("up/2"))
			require(times(atBroker, key) === 1, `QoS 2 ${times(atBroker, key)} times: ${key.slice(0, 12)}`);
	}
	for (const key of sent) {
		if (key.startsWith("down/1")) require(times(handled, key) >= 1, `QoS 1 not received: ${key.slice(0, 12)}`);
		if (key.startsWith("down/2"))
			require(times(handled, key) === 1, `QoS 2 received ${times(handled, key)} times: ${key.slice(0, 12)}`);
	}
	for (const [list, prefixes] of [
		[atBroker, ["up/1", "up/2"]],
		[handled, ["down/1", "down/2"]],
	] as const)
		for (const prefix of prefixes) {
			// First appearances keep the order of publishing, but that what goes first may overtake the rest.
			const keys = [...new Set(list.filter(key => key.startsWith(prefix)))];
			let [last, lastFirst] = [-1, -1];
			for (const key of keys) {
				const number = numberOf(key);
				if (first.has(key)) {
					require(number > lastFirst, `order of ${prefix}, of what goes first`);
					lastFirst = number;
				} else {
					require(number > last, `order of ${prefix}`);
					last = number;
					// Nothing overtakes what goes first: of those that come later none was published before.
					const later = keys.slice(keys.indexOf(key)).filter(other => first.has(other));
					require(later.every(other => numberOf(other) > number), `order of ${prefix}: what goes first was overtaken`);
				}
			}
		}
	client.close();
	return { published: settled.size, received: handled.length, reconnects, displaced: displaced.length };
}
