// thimble sub as a person uses it: against the broker in this process, and beside mosquitto_sub on a real mosquitto.

import { afterEach, describe, expect, it } from "vitest";
import type { Client } from "../../../firmware/mqtt/client.js";
import { sub } from "../../../host-sim/cli/sub.js";
import { Broker, type BrokerOptions, type Listener, listen, type Message } from "../../../host-sim/testing.js";
import { type Command, command, thimble } from "../../support/command.js";
import { Mosquitto, sleep, until } from "../../support/mosquitto.js";
import { describeWith, find } from "../../support/need.js";
import { nodeClient } from "../../support/node.js";

const listeners: Listener[] = [];
const clients: Client[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) client.close();
	for (const listener of listeners.splice(0)) await listener.close();
});

async function brokerOf(options: BrokerOptions = {}) {
	const packets: string[] = [];
	const broker = new Broker({
		...options,
		on: { received: (_client, { cmd }) => packets.push(cmd) },
	});
	const listener = await listen(broker, 0);
	listeners.push(listener);
	/** From within: to whoever has subscribed. */
	const publish = (topic: string, payload: string | Uint8Array, more: Partial<Message> = {}) =>
		broker.publish({ topic, payload: Buffer.from(payload as string), qos: 1, retain: false, ...more } as Message);
	return { port: String(listener.port), packets, publish, broker, listener };
}

/** Runs thimble sub until it has subscribed. */
async function subscribed(packets: string[], args: readonly string[]): Promise<Command> {
	const before = packets.filter(cmd => cmd === "subscribe").length;
	const run = thimble(["sub", ...args]);
	await until("its SUBSCRIBE", () => packets.filter(cmd => cmd === "subscribe").length > before);
	return run;
}

const large = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));

describe("thimble sub", () => {
	it("prints payloads byte for byte, and leaves after -C of them, acknowledged", async () => {
		const { packets, port, publish } = await brokerOf();
		const run = await subscribed(packets, ["-p", port, "-t", "a", "-q", "1", "-C", "2"]);
		for (const payload of [Uint8Array.of(0, 255, 10), "two", "three"]) publish("a", payload);
		expect([await run.code, run.err()]).toEqual([0, ""]);
		expect(run.out()).toEqual(Buffer.concat([Buffer.of(0, 255, 10, 10), Buffer.from("two\n")]));
		expect(packets).toEqual(["connect", "subscribe", "puback", "puback", "disconnect"]);
	});

	it("-D goes with its SUBSCRIBE and DISCONNECT: the identifier comes back, the session ends at once", async () => {
		const { broker, packets, port, publish } = await brokerOf();
		const properties = "-D SUBSCRIBE subscription-identifier 7 -D DISCONNECT session-expiry-interval 0".split(" ");
		const run = await subscribed(packets, [
			...["-p", port, "-t", "a", "-C", "1", "-i", "me", "-x", "60", "-F", "%S %p"],
			...properties,
		]);
		publish("a", "hi");
		expect([await run.code, run.err(), run.out().toString()]).toEqual([0, "", "7 hi\n"]);
		expect(broker.sessions.has("me")).toBe(false);
	});

	it("leaves the rest to the next run of a kept session", async () => {
		const { broker, packets, port, publish } = await brokerOf();
		const args = ["-p", port, "-t", "a", "-q", "2", "-i", "me", "-c", "-C", "2"];
		const first = await subscribed(packets, args);
		for (const payload of ["1", "2", "3", "4", "5"]) publish("a", payload, { qos: 2 });
		expect(await first.code).toBe(0);
		expect(broker.sessions.has("me")).toBe(true);
		const second = thimble(["sub", ...args]);
		expect(await second.code).toBe(0);
		expect(first.out().toString() + second.out()).toBe("1\n2\n3\n4\n");
	});

	it.each([0, 1, 2] as const)("prints a large payload at QoS %i, whole", async qos => {
		const { packets, port, publish } = await brokerOf();
		const run = await subscribed(packets, ["-p", port, "-t", "a", "-q", String(qos), "-C", "1", "-N"]);
		publish("a", large, { qos });
		expect(await run.code).toBe(0);
		expect(large.equals(run.out())).toBe(true);
	});

	it("loses no output that a slow reader has not taken yet", async () => {
		const { packets, port, publish } = await brokerOf();
		const before = packets.length;
		const main = `exec "${process.execPath}" --import tsx host-sim/cli/main.ts sub -p ${port} -t a -q 1 -C 300`;
		const run = command("/bin/sh", ["-c", `(${main}) | (sleep 1.5; wc -c)`]);
		await until("its SUBSCRIBE", () => packets.slice(before).includes("subscribe"));
		for (let i = 0; i < 300; i += 1) publish("a", "x".repeat(9999));
		expect(await run.code).toBe(0);
		expect(run.out().toString().trim()).toBe("3000000");
	});

	it("takes its filter from a URL, shows topics, leaves out others", async () => {
		const { packets, port, publish } = await brokerOf({ users: { u: "p@" } });
		const run = await subscribed(packets, [
			`mqtt://u:p%40@localhost:${port}/a/#`,
			"-v",
			"-T",
			"a/b",
			"-T",
			"a/c/+",
			"-C",
			"2",
		]);
		for (const topic of ["a/b", "a/c/d", "a/c", "a"]) publish(topic, "x");
		expect(await run.code).toBe(0);
		expect(run.out().toString()).toBe("a/c x\na x\n");
	});

	it("tells stale from fresh: -R, --retained-only, --remove-retained", async () => {
		const { broker, packets, port, publish } = await brokerOf();
		for (const topic of ["a/1", "a/2", "b/1"]) publish(topic, "stale", { retain: true });
		const fresh = await subscribed(packets, ["-p", port, "-t", "a/#", "-v", "-R", "-C", "1"]);
		publish("a/1", "fresh");
		expect(await fresh.code).toBe(0);
		expect(fresh.out().toString()).toBe("a/1 fresh\n");
		const stale = await subscribed(packets, ["-p", port, "-t", "a/#", "-v", "--retained-only", "--remove-retained"]);
		await until("both", () => stale.out().toString().split("\n").length === 3);
		publish("a/1", "fresh");
		expect(await stale.code).toBe(0);
		expect(stale.out().toString().split("\n").sort()).toEqual(["", "a/1 stale", "a/2 stale"]);
		expect([...broker.retained.matching("#")].map(({ topic }) => topic)).toEqual(["b/1"]);
	});

	it("prints JSON, or what a format says", async () => {
		const { packets, port, publish } = await brokerOf();
		const json = await subscribed(packets, ["-p", port, "-t", "a", "--json", "-q", "1", "-C", "1"]);
		const format = await subscribed(packets, ["-p", port, "-t", "a", "-F", "%t|%q|%l|%x", "-C", "1"]);
		publish("a", "hi");
		expect([await json.code, await format.code]).toEqual([0, 0]);
		expect(JSON.parse(json.out().toString())).toMatchObject({
			topic: "a",
			qos: 1,
			retain: 0,
			payloadlen: 2,
			payload: "hi",
		});
		expect(format.out().toString()).toBe("a|0|2|6869\n");
	});

	it("tells which filters are refused, and ends with 1 where all are", async () => {
		const { port } = await brokerOf({ refusedFilters: ["a", "b"] });
		const some = thimble(["sub", "-p", port, "-t", "a", "-t", "c", "-E"]);
		expect([await some.code, some.err()]).toEqual([0, 'thimble: the subscription to "a" is refused: refused\n']);
		const all = thimble(["sub", "-p", port, "-t", "a", "-t", "b"]);
		expect(await all.code).toBe(1);
		expect(all.err().trimEnd().split("\n")).toHaveLength(2);
	});

	it.each(["SIGINT", "SIGTERM"] as const)("at %s says goodbye and ends with 0", async signal => {
		const { packets, port, publish } = await brokerOf();
		const run = await subscribed(packets, ["-p", port, "-t", "a"]);
		publish("a", "x");
		await until("the message", () => run.out().length > 0);
		run.child.kill(signal);
		expect([await run.code, run.err(), packets.at(-1)]).toEqual([0, "", "disconnect"]);
	});

	it("ends with 27 when its time is over, and with 1 where nobody listens", async () => {
		const { packets, port } = await brokerOf();
		const run = thimble(["sub", "-p", port, "-t", "a", "-W", "0.3"]);
		expect([await run.code, run.err()]).toEqual([27, "thimble: timed out\n"]);
		expect(packets.at(-1)).toBe("disconnect");
		const nobody = thimble(["sub", "-p", "1", "-t", "a"]);
		expect([await nobody.code, nobody.err()]).toEqual([
			1,
			"thimble: cannot connect to mqtt://localhost:1: connection refused\n",
		]);
	});

	it("comes back when the connection is lost", async () => {
		const { listener, packets, port, publish } = await brokerOf();
		const run = await subscribed(packets, ["-p", port, "-t", "a", "-i", "me", "-C", "2"]);
		publish("a", "1");
		await until("the first", () => run.out().length > 0);
		listener.destroy("me");
		await until("it is back", () => packets.filter(cmd => cmd === "subscribe").length === 2);
		publish("a", "2");
		expect([await run.code, run.err()]).toEqual([0, "thimble: connection lost; trying again\n"]);
		expect(run.out().toString()).toBe("1\n2\n");
	});

	it("whoever stops reading ends it without a word", async () => {
		const { packets, port, publish } = await brokerOf();
		const run = await subscribed(packets, ["-p", port, "-t", "a"]);
		run.child.stdout!.destroy();
		await sleep(50);
		publish("a", "1");
		publish("a", "2");
		expect([await run.code, run.err()]).toEqual([0, ""]);
		expect(packets.at(-1)).toBe("disconnect");
	});

	it("explains itself", async () => {
		const run = thimble(["sub", "--help"]);
		expect(await run.code).toBe(0);
		expect(run.out().toString()).toMatch(/-t, --topic FILTER[\s\S]*-h, --host HOST[\s\S]*%t topic[\s\S]*Exit codes/);
	});

	it.each([
		[[], "which topics? Give -t FILTER"],
		[["-t", "a#"], '-t: "a#" is no topic filter'],
		[["mqtt://h/a#"], 'URL: "a#" is no topic filter'],
		[["-t", "a", "-T", ""], '-T: "" is no topic filter'],
		[["-t", "a", "-C", "0"], "-C: expected a whole number from 1 to 2147483647"],
		[["-t", "a", "-R", "--retained-only"], "-R and --retained-only do not go together"],
		[["-t", "a", "--json", "-F", "%t"], "-F and --json do not go together"],
		[["-t", "a", "-F", "%z"], "-F: there is no %z; see --help"],
		[["-t", "a", "--pretty"], "--pretty is for JSON: give --json or -F too"],
		[["-t", "a", "--retain-as-published"], "--retain-as-published is of MQTT 5.0: give -V 5 too"],
		[
			["-t", "a", "-D", "PUBLISH", "content-type", "x"],
			'-D: properties go with CONNECT, WILL, SUBSCRIBE, UNSUBSCRIBE, DISCONNECT here, not with "PUBLISH"',
		],
		[["-t", "a", "-m", "x"], "there is no flag -m; see --help"],
	])("%j: one clear sentence", async (args, message) => {
		await expect(sub(args)).rejects.toThrow(message);
	});
});

describeWith(["mosquitto", "mosquitto_sub"], "thimble sub beside mosquitto_sub", () => {
	it("both print the same of the same messages, at every QoS and in every format", async () => {
		const mosquitto = await Mosquitto.start();
		const port = ["-p", String(mosquitto.port)];
		// The time of day is not the same (mosquitto 2.0.11 writes a Z before the offset), nor are packet ids.
		const timeless = (out: Buffer) =>
			out
				.toString("latin1")
				.replaceAll(/"tst":(\t?)"[^"]+"/g, '"tst":$1"…"')
				.replaceAll(/"mid":(\t?)\d+/g, '"mid":$1…');
		try {
			const client = nodeClient(mosquitto.port, "t-publisher", { limits: { messages: 100, outbox: 8000 } });
			clients.push(client);
			client.open();
			client.publish("t/old", "retained", { qos: 1, retain: true });
			for (const args of [
				["-t", "t/#", "-q", "0"],
				["-t", "t/#", "-t", "t/+", "-T", "t/b", "-q", "1", "-v"],
				["-t", "t/#", "-q", "2", "-R", "-N", "-v"],
				["-t", "t/#", "-q", "2", "-V", "5", "-F", "%t|%10t|%-10t|%.1t|%q|%r|%l|%05l|%p|%x|%8X|%C|%3F|%%|\\t@@"],
				["-t", "t/#", "-q", "1", "-F", "%j"],
				["-t", "t/#", "-q", "1", "-F", "%J", "--pretty", "-T", "t/b", "-T", "t/old", "-T", "t/end"],
			]) {
				const theirs = command(find("mosquitto_sub")!, [...port, ...args]);
				const ours = thimble(["sub", ...port, ...args]);
				// Each has subscribed when it shows what is not retained; what they have shown until then may differ.
				const isReady = (run: Command) => run.out().includes("ready");
				while (!isReady(theirs) || !isReady(ours)) {
					client.publish("t/ready", '"ready"', { qos: 1 });
					await sleep(50);
				}
				for (const [topic, payload] of [
					["t/a", '{"a":[1,true,null],"b":"\\u00e4\\n"}'],
					["t/b", Uint8Array.of(0x7b, 0xc3, 0xa4, 0x09, 0x22)],
					["t/c", ""],
					["t/d", '"last"'],
				] as const)
					for (const qos of [0, 1, 2]) client.publish(topic, payload, { qos });
				await until("all", () => client.unsettled === 0);
				const tail = (run: Command) => timeless(run.out()).split("ready").at(-1)!;
				await until(`mosquitto_sub ${args.join(" ")}`, () => tail(theirs).split("last").length === 4);
				await until(`thimble sub ${args.join(" ")}`, () => tail(ours).length >= tail(theirs).length);
				expect(tail(ours), args.join(" ")).toBe(tail(theirs));
				for (const run of [theirs, ours]) {
					run.child.kill("SIGINT");
					expect(await run.code).toBe(0);
				}
			}
		} finally {
			await mosquitto.close();
		}
	}, 60_000);

	it.each([["-W 1"], ["-C 1 -W 1"], ["-E"], ["-C 1 -t t/old"]])("both leave the same exit code: %s", async args => {
		const mosquitto = await Mosquitto.start();
		try {
			const client = nodeClient(mosquitto.port, "t-publisher");
			clients.push(client);
			client.open();
			client.publish("t/old", "retained", { qos: 1, retain: true });
			await until("it", () => client.isOnline && client.unsettled === 0);
			const given = ["-p", String(mosquitto.port), "-t", "none", ...args.split(" ")];
			const theirs = command(find("mosquitto_sub")!, given);
			const ours = thimble(["sub", ...given]);
			expect(await ours.code).toBe(await theirs.code);
			expect(ours.out().toString()).toBe(theirs.out().toString());
		} finally {
			await mosquitto.close();
		}
	});

	it("-U takes back what an earlier run has subscribed to", async () => {
		const mosquitto = await Mosquitto.start();
		try {
			const given = ["sub", "-p", String(mosquitto.port), "-i", "me", "-c", "-q", "1"];
			expect(await thimble([...given, "-t", "a", "-t", "b", "-E"]).code).toBe(0);
			const client = nodeClient(mosquitto.port, "t-publisher");
			clients.push(client);
			client.open();
			expect(await thimble([...given, "-U", "b", "-E"]).code).toBe(0);
			for (const topic of ["b", "a"]) client.publish(topic, "x", { qos: 1 });
			await until("it", () => client.isOnline && client.unsettled === 0);
			const last = thimble([...given, "-t", "a", "-v", "-C", "1"]);
			expect(await last.code).toBe(0);
			expect(last.out().toString()).toBe("a x\n");
		} finally {
			await mosquitto.close();
		}
	});
});
