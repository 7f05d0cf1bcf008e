// thimble pub as a person uses it: against the broker in this process, a scripted 5.0 peer, and a real mosquitto.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate, type Packet, parser } from "mqtt-packet";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { pub } from "../../../host-sim/cli/pub.js";
import { Broker, type BrokerOptions, type Listener, listen, type Message } from "../../../host-sim/testing.js";
import { command, thimble } from "../../support/command.js";
import { Mosquitto, sleep, until } from "../../support/mosquitto.js";
import { describeWith, find } from "../../support/need.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-pub-"));
afterAll(() => rmSync(folder, { recursive: true }));

const listeners: (Listener | Server)[] = [];
afterEach(async () => {
	for (const listener of listeners.splice(0)) await listener.close();
});

async function brokerOf(options: BrokerOptions = {}) {
	const published: Message[] = [];
	const packets: string[] = [];
	const broker = new Broker({
		...options,
		on: {
			published: message => published.push({ ...message, payload: Buffer.from(message.payload) as never }),
			received: (_client, { cmd }) => packets.push(cmd),
		},
	});
	const listener = await listen(broker, 0);
	listeners.push(listener);
	const texts = () => published.map(({ payload }) => Buffer.from(payload).toString());
	return { port: String(listener.port), published, packets, texts, listener };
}

/** A 5.0 server that says what it is told to: one answer for each packet. */
async function peerOf(answer: (packet: Packet) => Packet | undefined): Promise<string> {
	const server = createServer(socket => {
		const input = parser({ protocolVersion: 5 });
		input.on("packet", packet => {
			const reply = answer(packet);
			if (reply !== undefined) socket.write(generate(reply, { protocolVersion: 5 }));
		});
		socket.on("data", chunk => input.parse(chunk));
		socket.on("error", () => {});
	});
	listeners.push(server);
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
	return String((server.address() as { port: number }).port);
}

const large = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));

describe("thimble pub", () => {
	it.each(["0", "1", "2"])("publishes a message at QoS %s, and says DISCONNECT when it is settled", async qos => {
		const { packets, port, published } = await brokerOf();
		const run = thimble(["pub", "-p", port, "-t", "a/b", "-m", "hällo", "-q", qos, "-r"]);
		expect([await run.code, run.err(), run.out().length]).toEqual([0, "", 0]);
		expect(published).toMatchObject([{ topic: "a/b", qos: Number(qos), retain: true }]);
		expect(Buffer.from(published[0]!.payload).toString()).toBe("hällo");
		const tail = { 0: [], 1: [], 2: ["pubrel"] }[qos] ?? [];
		expect(packets).toEqual(["connect", "publish", ...tail, "disconnect"]);
	});

	it("tells with --json what has become of each message, and of all", async () => {
		const { port } = await brokerOf();
		const run = thimble(["pub", "-p", port, "-t", "a", "-l", "-q", "1", "--json"], "one\ntwo\n");
		expect(await run.code).toBe(0);
		const lines = run.out().toString().trimEnd().split("\n");
		expect(lines.map(line => JSON.parse(line))).toMatchObject([
			{ event: "published", number: 1, topic: "a", qos: 1 },
			{ event: "published", number: 2, topic: "a", qos: 1 },
			{ event: "summary", delivered: 2, failed: 0 },
		]);
	});

	it("tells with --json why a message is refused", async () => {
		const port = await peerOf(({ cmd, ...packet }) =>
			cmd === "connect"
				? { cmd: "connack", sessionPresent: false, reasonCode: 0 }
				: cmd === "publish"
					? { cmd: "puback", messageId: (packet as { messageId: number }).messageId, reasonCode: 0x97 }
					: undefined,
		);
		const run = thimble(["pub", "-p", port, "-V", "5", "-t", "a", "-m", "x", "-q", "1", "--json"]);
		expect(await run.code).toBe(1);
		const [failed, summary] = run.out().toString().trimEnd().split("\n");
		expect(JSON.parse(failed!)).toMatchObject({
			event: "failed",
			number: 1,
			code: 0x97,
			reason: expect.stringMatching(/quota/i),
		});
		expect(JSON.parse(summary!)).toMatchObject({ event: "summary", delivered: 0, failed: 1 });
	});

	it("takes host, user, password and topic from a URL", async () => {
		const { port, published } = await brokerOf({ users: { "a@b": "p/#" } });
		expect(await thimble(["pub", `mqtt://a%40b:p%2F%23@127.0.0.1:${port}/x%20/y`, "-n"]).code).toBe(0);
		expect(published).toMatchObject([{ topic: "x /y", payload: Buffer.alloc(0) }]);
	});

	it.each(["0", "1", "2"])("streams a large file at QoS %s, byte for byte", async qos => {
		const path = join(folder, "large");
		writeFileSync(path, large);
		const { port, published } = await brokerOf();
		const run = thimble(["pub", "-p", port, "-t", "a", "-f", path, "-q", qos]);
		expect([await run.code, run.err()]).toEqual([0, ""]);
		expect(published).toHaveLength(1);
		expect(large.equals(published[0]!.payload)).toBe(true);
	});

	it("takes all of standard input as one message", async () => {
		const { port, published } = await brokerOf();
		const input = Buffer.concat([Buffer.of(0, 255, 10, 10), large]);
		expect(await thimble(["pub", "-p", port, "-t", "a", "-s", "-q", "1"], input).code).toBe(0);
		expect(input.equals(published[0]!.payload)).toBe(true);
	});

	it.each(["0", "1", "2"])("takes lines faster than they can be sent: at QoS %s all arrive, in order", async qos => {
		const { port, texts } = await brokerOf();
		const lines = Array.from({ length: 3000 }, (_, i) => (i % 100 === 0 ? "" : `line ${i}`));
		const run = thimble(["pub", "-p", port, "-t", "a", "-l", "-q", qos], lines.join("\n"));
		expect([await run.code, run.err()]).toEqual([0, ""]);
		expect(texts()).toEqual(lines);
	});

	it("publishes each line as it comes", async () => {
		const { port, texts } = await brokerOf();
		const run = thimble(["pub", "-p", port, "-t", "a", "-l"]);
		run.child.stdin!.write("one\ntw");
		await until("the first line", () => texts().length === 1);
		run.child.stdin!.write("o\n");
		await until("the second line", () => texts().length === 2);
		run.child.stdin!.end("three");
		expect(await run.code).toBe(0);
		expect(texts()).toEqual(["one", "two", "three"]);
	});

	it("repeats a message", async () => {
		const { port, texts } = await brokerOf();
		const asked = performance.now();
		const run = thimble(["pub", "-p", port, "-t", "a", "-m", "x", "--repeat", "3", "--repeat-delay", "0.2", "-q", "1"]);
		expect(await run.code).toBe(0);
		expect(texts()).toEqual(["x", "x", "x"]);
		expect(performance.now() - asked).toBeGreaterThan(400);
	});

	it("goes on after a lost connection; in a session of its own nothing is lost", async () => {
		const { listener, port, texts } = await brokerOf();
		const run = thimble(["pub", "-p", port, "-t", "a", "-l", "-q", "1", "-i", "me", "-c"]);
		run.child.stdin!.write("one\n");
		await until("the first line", () => texts().length === 1);
		listener.destroy("me");
		await until("its word", () => run.err() !== "");
		run.child.stdin!.end("two\nthree\n");
		expect(await run.code).toBe(0);
		expect(texts()).toEqual(["one", "two", "three"]);
		expect(run.err()).toBe("thimble: connection lost; trying again\n");
	});

	it("tells on stderr what happens, if it is asked to", async () => {
		const { port } = await brokerOf({ users: { u: "s3cret" } });
		const run = thimble(["pub", "-p", port, "-t", "a", "-m", "x", "-q", "1", "-d", "-u", "u", "-P", "s3cret"]);
		expect(await run.code).toBe(0);
		expect(run.err()).toMatch(
			/^thimble: connecting to mqtt:\/\/u@localhost:\d+\nthimble: online, new session\nthimble: message 1: 1 bytes, ticket \d+\nthimble: ticket \d+: settled\n$/,
		);
	});

	it("ends with 1 where nobody listens, or the password is wrong, and never shows it", async () => {
		const { port } = await brokerOf({ users: { u: "right" } });
		const nobody = thimble(["pub", "-p", "1", "-t", "a", "-m", "x"]);
		expect([await nobody.code, nobody.err()]).toEqual([
			1,
			"thimble: cannot connect to mqtt://localhost:1: connection refused\n",
		]);
		const wrong = thimble(["pub", `mqtt://u:wr0ng-s3cret@127.0.0.1:${port}/a`, "-m", "x", "-d"]);
		expect(await wrong.code).toBe(1);
		expect(wrong.err()).toContain(`cannot connect to mqtt://u@127.0.0.1:${port}: bad user name or password\n`);
		expect(wrong.err()).not.toContain("s3cret");
		const quiet = thimble(["pub", "-p", "1", "-t", "a", "-m", "x", "--quiet"]);
		expect([await quiet.code, quiet.err()]).toEqual([1, ""]);
	});

	it("repeats the reason that a 5.0 broker gives, without what a terminal would obey", async () => {
		const port = await peerOf(({ cmd }) =>
			cmd === "connect"
				? ({
						cmd: "connack",
						reasonCode: 0x88,
						sessionPresent: false,
						properties: { reasonString: "till \x1b[1mnoon" },
					} as Packet)
				: undefined,
		);
		const run = thimble(["pub", "-p", port, "-V", "5", "-t", "a", "-m", "x"]);
		expect(await run.code).toBe(1);
		expect(run.err()).toMatch(/^thimble: cannot connect to .*: the broker is unavailable \(till \?\[1mnoon\)\n$/);
	});

	it.each([
		["1", "puback"],
		["2", "pubrec"],
	])("at QoS %s a message that a 5.0 broker refuses in %s ends it with 1", async (qos, cmd) => {
		const port = await peerOf(packet => {
			if (packet.cmd === "connect") return { cmd: "connack", reasonCode: 0, sessionPresent: false } as Packet;
			if (packet.cmd !== "publish") return undefined;
			return {
				cmd,
				messageId: packet.messageId!,
				reasonCode: 0x97,
				properties: { reasonString: "one a day" },
			} as Packet;
		});
		const run = thimble(["pub", "-p", port, "-V", "5", "-t", "a", "-m", "x", "-q", qos]);
		expect(await run.code).toBe(1);
		expect(run.err()).toBe("thimble: message 1 is not delivered: quota exceeded (one a day)\n");
	});

	it("sends properties with message, connection and will", async () => {
		const packets: Packet[] = [];
		const port = await peerOf(packet => {
			packets.push(packet);
			return packet.cmd === "connect"
				? ({ cmd: "connack", reasonCode: 0, sessionPresent: false } as Packet)
				: undefined;
		});
		const run = thimble([
			..."pub -t a -m x --will-topic w -D WILL will-delay-interval 3 -D CONNECT user-property a b".split(" "),
			..."-D publish content-type text/plain -D publish user-property c d -D publish user-property c e -p".split(" "),
			port,
		]);
		expect([await run.code, run.err()]).toEqual([0, ""]);
		expect(packets[0]).toMatchObject({
			protocolVersion: 5,
			properties: { userProperties: { a: "b" } },
			will: { topic: "w", properties: { willDelayInterval: 3 } },
		});
		expect(packets[1]).toMatchObject({
			cmd: "publish",
			properties: { contentType: "text/plain", userProperties: { c: ["d", "e"] } },
		});
	});

	it("ends with 27 when its time is over", async () => {
		const port = await peerOf(({ cmd }) =>
			cmd === "connect" ? ({ cmd: "connack", reasonCode: 0, sessionPresent: false } as Packet) : undefined,
		);
		const run = thimble(["pub", "-p", port, "-V", "5", "-t", "a", "-m", "x", "-q", "1", "-W", "0.5"]);
		expect([await run.code, run.err()]).toEqual([27, "thimble: timed out; not acknowledged: 1\n"]);
	});

	it("at Ctrl-C lets what is under way arrive; between lines that is 0, in the middle of something 130", async () => {
		const { packets, port, texts } = await brokerOf();
		const lines = thimble(["pub", "-p", port, "-t", "a", "-l", "-q", "1"]);
		lines.child.stdin!.write("one\n");
		await until("the line", () => texts().length === 1);
		lines.child.kill("SIGINT");
		expect([await lines.code, lines.err()]).toEqual([0, ""]);
		expect(packets.at(-1)).toBe("disconnect");
		const repeated = thimble(["pub", "-p", port, "-t", "a", "-m", "x", "--repeat", "9", "--repeat-delay", "60"]);
		await until("the first of them", () => texts().length === 2);
		repeated.child.kill("SIGTERM");
		expect([await repeated.code, repeated.err()]).toEqual([143, ""]);
		const deaf = await peerOf(({ cmd }) =>
			cmd === "connect" ? ({ cmd: "connack", reasonCode: 0, sessionPresent: false } as Packet) : undefined,
		);
		const stuck = thimble(["pub", "-p", deaf, "-V", "5", "-t", "a", "-m", "x", "-q", "1", "-d"]);
		await until("the message", () => stuck.err().includes("ticket"));
		stuck.child.kill("SIGINT");
		await sleep(300);
		expect(stuck.child.exitCode).toBeNull();
		const asked = performance.now();
		stuck.child.kill("SIGINT");
		expect(await stuck.code).toBe(130);
		expect(performance.now() - asked).toBeLessThan(1500);
	});

	it("explains itself", async () => {
		const run = thimble(["pub", "--help"]);
		expect(await run.code).toBe(0);
		expect(run.out().toString()).toMatch(/-m, --message TEXT[\s\S]*-h, --host HOST[\s\S]*Exit codes/);
		const all = thimble(["--help"]);
		expect(await all.code).toBe(0);
		expect(all.out().toString()).toMatch(/ pub {2}[\s\S]* sub {2}/);
	});

	it.each([
		[[], "which topic? Give -t TOPIC"],
		[["-t", "a"], "which message? Give -m TEXT, -n, -f FILE, -s or -l"],
		[["-t", "a", "-m", "x", "-n"], "-m and -n do not go together"],
		[["-t", "a", "-l", "--repeat", "2"], "-l and --repeat do not go together"],
		[["-t", "a", "-m", "x", "--repeat-delay", "2"], "--repeat-delay needs --repeat"],
		[["-t", "a", "-t", "b"], "-t is given twice"],
		[["mqtt://h/a", "-t", "b"], "-t and a URL with a topic do not go together"],
		[["-t", "a/#", "-m", "x"], 'topic not allowed: "a/#"'],
		[["-t", "a", "-m", "x", "-q", "3"], "-q: expected a whole number from 0 to 2"],
		[["-t", "a", "-f", "/nosuch/file"], "-f: cannot read /nosuch/file: there is no such file"],
		[["mqtts://u:s3cret@h/a", "-n", "--cert", "c"], "--cert needs --key"],
		[["wss://u:1/s3cret@h", "-n"], "URL: write / as %2F in user and password, and @ as %40 in the path"],
		[["-t", "a", "-n", "-p", "s3cret"], "-p: expected a whole number from 1 to 65535"],
	])("%j: one clear sentence", async (args, message) => {
		await expect(pub(args)).rejects.toThrow(message);
	});

	it("what cannot be is told in one sentence, with exit code 2 and no stack trace", async () => {
		for (const [args, message] of [
			[["-t", "a", "-m", "x", "-n"], "-m and -n do not go together"],
			[["-t", "a/#", "-m", "x"], 'topic not allowed: "a/#"'],
			[["-Ps3cret", "a", "s3cret"], "there is more than one word that belongs to no flag"],
		] as const) {
			const run = thimble(["pub", ...args]);
			expect([await run.code, run.err()]).toEqual([2, `thimble: ${message}\n`]);
			expect(run.out().length).toBe(0);
		}
	});
});

describeWith(["mosquitto", "mosquitto_sub", "mosquitto_pub"], "thimble pub beside mosquitto_pub", () => {
	it("the same arguments and input give a mosquitto_sub the same", async () => {
		const mosquitto = await Mosquitto.start();
		const port = ["-p", String(mosquitto.port)];
		const path = join(folder, "file");
		writeFileSync(path, "of a file\nwith two lines\n");
		const cases: [args: string, input?: string][] = [
			["-t t/a -m plain"],
			["-t t/a -n -q 2"],
			[`-t t/a -f ${path} -q 1`],
			["-t t/a -s", "all\nof it"],
			["-t t/a -l -q 2", "one\n\nthree\r\nfour"],
			["-t t/a -m x --repeat 3 -V mqttv5 -i me"],
			["-t t/a -m x -D publish content-type c -D publish user-property a b -D publish response-topic r"],
			["-t t/a -m x -D PUBLISH correlation-data c -D publish payload-format-indicator 1 -q 1"],
		];
		/** What a mosquitto_sub prints of all that. */
		const heardOf = async (publish: (args: string[], input: string) => Promise<number | null>) => {
			const args = ["-V", "5", "-q", "2", "-t", "t/#", "-F", "%t %q %r %p|%C|%P|%R|%D|%F|%l"];
			const heard = command(find("mosquitto_sub")!, [...port, ...args]);
			while (!heard.out().includes("t/ready")) {
				expect(await command(find("mosquitto_pub")!, [...port, "-t", "t/ready", "-n"]).code).toBe(0);
				await sleep(50);
			}
			for (const [args, input = ""] of cases) expect(await publish([...port, ...args.split(" ")], input)).toBe(0);
			expect(await publish(["-L", `mqtt://localhost:${mosquitto.port}/t/end`, "-m", "by URL"], "")).toBe(0);
			await until("the last one", () => heard.out().includes("t/end"));
			return heard
				.out()
				.toString()
				.split(/^t\/ready.*\n/m)
				.at(-1);
		};
		try {
			const theirs = await heardOf((args, input) => command(find("mosquitto_pub")!, args, input).code);
			const ours = await heardOf((args, input) => thimble(["pub", ...args], input).code);
			expect(theirs).toContain("t/a 2 0 three");
			expect(ours).toBe(theirs);
		} finally {
			await mosquitto.close();
		}
	});
});
