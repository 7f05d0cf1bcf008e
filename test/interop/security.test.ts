// Nobody enters who should not: the same attempts at the embedded broker and at mosquitto, each with the configuration that comes with us.

import { once } from "node:events";
import { connect } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { generate, type IConnectPacket } from "mqtt-packet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Dialler } from "../../host-sim/node/tls.js";
import { connectPacket, Knock } from "../support/knock.js";
import { sleep, until } from "../support/mosquitto.js";
import { describeWith } from "../support/need.js";
import { embeddedSite, mosquittoSite, PASSWORD, Papers, type Site } from "../support/site.js";

const CONNECT_MS = 1000;
const HALF_OPEN = 500;
const BAD_CERTIFICATE_NAME = 0x43;

/** Names that would open more than their place. By thimble users and thimble certs nobody gets such a name; a token may have any. */
const CUNNING = ["+", "#", "board-1/x", "+/telemetry"];
/** Where somebody has written them into the file: mosquitto 2.0.11 takes "#" for a comment there, and lets "/" through patterns. */
const WRITTEN = ["+", "+/telemetry"];

const SITES = [
	{
		name: "the embedded broker",
		programs: [],
		open: (papers: Papers) => embeddedSite(papers, { connectTime: `${CONNECT_MS}ms` }),
	},
	{ name: "mosquitto", programs: ["mosquitto"], open: mosquittoSite },
] as const;

for (const { name, open, programs } of SITES)
	describeWith(programs, name, () => {
		let papers: Papers;
		let site: Site;
		const clients: Knock[] = [];

		beforeAll(async () => {
			papers = await Papers.make(name === "mosquitto" ? WRITTEN : []);
			site = await open(papers);
		});
		afterAll(async () => {
			for (const client of clients) client.cut();
			await site?.close();
			papers?.close();
		});

		const isEmbedded = () => site.name === "embedded";
		const knock = (version: 4 | 5, tls: ConnectionOptions = {}, port = site.ports[0]) => {
			const client = new Knock(port, { ca: papers.ca, ...tls }, version);
			clients.push(client);
			return client;
		};
		/** Somebody who is in. */
		const enter = async (version: 4 | 5, user: string, options: Partial<IConnectPacket> = {}) => {
			const client = knock(version);
			expect(await client.connect(user, { username: user, password: Buffer.from(PASSWORD), ...options })).toBe(
				"connack 0",
			);
			return client;
		};
		/** Sees all that boards say. */
		const witness = async () => {
			const ops = await enter(5, "ops");
			expect(await ops.subscribe("thimble/#")).toBe("suback 1");
			return ops;
		};
		/** What the witness has seen when all before is through. */
		const seen = async (ops: Knock) => {
			await ops.publish("thimble/end", "end");
			await until("the end", () => ops.messages.includes("thimble/end end"));
			return ops.messages.filter(message => !message.startsWith("thimble/end"));
		};

		describe.each([4, 5] as const)("version %i", version => {
			/** What each broker says where a name or a password is wrong, and where somebody may not. */
			const bad = () =>
				isEmbedded() ? (version === 4 ? "connack 4" : "connack 86") : version === 4 ? "connack 5" : "connack 87";
			const no = version === 4 ? "connack 5" : "connack 87";

			it("who has the right password is in, and reaches its own topics", async () => {
				const ops = await witness();
				const board = await enter(version, "board-1");
				expect(await board.publish("thimble/board-1/telemetry", "1")).toBe("puback 0");
				expect(await board.subscribe("thimble/board-1/command/+")).toBe("suback 1");
				await until("the message", () => ops.messages.includes("thimble/board-1/telemetry 1"));
				board.cut();
				ops.cut();
			});

			it("wrong password, another's password, no password, unknown user: refused", async () => {
				for (const [username, password] of [
					["board-1", "kettle-orbit-mosaik"],
					["board-1", ""],
					["nobody", PASSWORD],
					["board-1:x", PASSWORD],
				] as const)
					expect(await knock(version).connect("board-1", { username, password: Buffer.from(password) })).toBe(bad());
				expect(await knock(version).connect("board-1", { username: "board-1" })).toBe(bad());
			});

			it("JWT that is expired or altered: refused; where tokens are not known, the good one, too", async () => {
				const good = await papers.token("board-1");
				const tokens = [await papers.token("board-1", { lastsS: -1 }), `${good.slice(0, -2)}AA`];
				for (const token of isEmbedded() ? tokens : [...tokens, good])
					expect(await knock(version).connect("board-1", { username: "board-1", password: Buffer.from(token) })).toBe(
						bad(),
					);
			});

			it("no name at all: refused", async () => {
				expect(await knock(version).connect("board-1")).toBe(no);
			});

			it("plain TCP at the port of TLS: no answer", async () => {
				const plain = new Knock(site.ports[0], undefined, version);
				const said = await plain.connect("board-1", { username: "board-1", password: Buffer.from(PASSWORD) });
				expect(said).toBe("closed");
			});

			it("with its certificate a board is in, under the name in it", async () => {
				const ops = await witness();
				const board = knock(version, papers.clients["board-1"], site.ports[2]);
				// mosquitto takes the certificate's name for the client id, whatever it is.
				expect(await board.connect("board-1")).toBe("connack 0");
				await board.publish("thimble/board-1/telemetry", "own");
				await board.publish("thimble/board-2/telemetry", "another's");
				expect(await seen(ops)).toEqual(["thimble/board-1/telemetry own"]);
				board.cut();
				ops.cut();
			});

			it("certificate of another authority, expired certificate, none: cut off in TLS", async () => {
				const { expired, foreign } = papers.clients;
				for (const shown of [foreign, expired, {}]) {
					const said = await knock(version, shown, site.ports[2]).connect("board-1", {
						username: "board-1",
						password: Buffer.from(PASSWORD),
					});
					expect(said).toBe("closed");
				}
			});

			it.each([0, 1, 2] as const)("topic of another board at QoS %i: does not get there", async qos => {
				const ops = await witness();
				const board = await enter(version, "board-1");
				const reason = version === 5 ? "87" : "0"; // [MQTT-3.3.5-2]
				const said = await board.publish("thimble/board-2/telemetry", "forged", { qos });
				expect(said).toBe(["pingresp 0", `puback ${reason}`, `pubrec ${reason}`][qos]);
				expect(await seen(ops)).toEqual([]);
				board.cut();
				ops.cut();
			});

			it("will to a forbidden topic: never published, and refused at CONNECT by who looks then", async () => {
				const ops = await witness();
				const will = {
					topic: "thimble/board-2/status",
					payload: Buffer.from("offline"),
					qos: 1 as const,
					retain: true,
				};
				const board = knock(version);
				const said = await board.connect("board-1", { username: "board-1", password: Buffer.from(PASSWORD), will });
				board.cut();
				await until("its end", () => board.isClosed);
				// mosquitto looks when it is about to publish it.
				expect(said).toBe(isEmbedded() ? no : "connack 0");
				await sleep(50);
				expect(await seen(ops)).toEqual([]);
				ops.cut();
			});

			it("retained to a forbidden topic: nobody finds it there", async () => {
				const board = await enter(version, "board-1");
				await board.publish("thimble/board-2/retained", "forged", { retain: true });
				board.cut();
				const ops = await witness();
				expect(await seen(ops)).toEqual([]);
				ops.cut();
			});

			it("nobody publishes under $SYS, not even who may read it", async () => {
				const reader = await enter(5, "ops");
				await reader.subscribe("$SYS/broker/version");
				await until("the version", () => reader.messages.length > 0);
				for (const topic of ["$SYS/broker/version", "$SYS/broker/uptime", "$SYS"])
					expect(await reader.publish(topic, "forged", { retain: true })).toBe("puback 87");
				const board = await enter(version, "board-1");
				expect(await board.publish("$SYS/broker/version", "forged", { retain: true })).toBe(
					version === 5 ? "puback 87" : "puback 0",
				);
				await board.subscribe("$SYS/#");
				await board.ping();
				expect(board.messages).toEqual([]);
				expect(reader.messages.join()).not.toContain("forged");
				board.cut();
				reader.cut();
			});

			it("wildcards over foreign topics: nothing comes, now or retained", async () => {
				const ops = await enter(5, "ops");
				await ops.publish("thimble/board-2/status", "online", { retain: true });
				const board = await enter(version, "board-1");
				const filters = [
					"#",
					"+/#",
					"thimble/#",
					"thimble/+/telemetry",
					"thimble/board-2/#",
					"+/board-2/+",
					"$share/g/thimble/#",
				];
				for (const filter of filters) {
					const said = await board.subscribe(filter);
					// mosquitto grants what it will never fill.
					if (isEmbedded()) expect(said, filter).toBe(version === 5 ? "suback 87" : "suback 80");
				}
				await ops.publish("thimble/board-2/telemetry", "secret");
				await ops.publish("thimble/board-2/status", "", { retain: true });
				await board.ping();
				await sleep(50);
				expect(board.messages).toEqual([]);
				board.cut();
				ops.cut();
			});

			it.each(CUNNING)("user %s: its name opens nothing", async user => {
				const password = isEmbedded() ? await papers.token(user) : PASSWORD;
				const client = knock(version);
				const said = await client.connect(user, { username: user, password: Buffer.from(password) });
				const mayIn = isEmbedded() || WRITTEN.includes(user);
				expect(said).toBe(mayIn ? "connack 0" : bad());
				if (!mayIn) return;
				const ops = await witness();
				for (const filter of [
					"thimble/+/#",
					"thimble/#",
					"thimble/board-1/x/#",
					"thimble/board-1/telemetry",
					"thimble/+/telemetry/#",
				])
					await client.subscribe(filter);
				for (const topic of ["thimble/board-1/x/y", "thimble/board-1/telemetry", "thimble/x/telemetry/y"])
					await client.publish(topic, "forged");
				await ops.publish("thimble/board-1/telemetry", "1");
				await ops.publish("thimble/board-1/x/y", "1");
				expect((await seen(ops)).join()).not.toContain("forged");
				await client.ping();
				expect(client.messages).toEqual([]);
				client.cut();
				ops.cut();
			});

			it.each([
				["U+0000", "61 00 62"],
				["ill-formed UTF-8", "61 c0 af"],
				["a surrogate", "ed a0 80"],
			])("client id with %s: closed", async (_what, id) => {
				const bytes = Buffer.from(id.replaceAll(" ", ""), "hex");
				const client = knock(version);
				const text = (value: Buffer | string) => {
					const field = Buffer.from(value as string);
					return Buffer.concat([Buffer.from([field.length >> 8, field.length & 255]), field]);
				};
				const head = Buffer.concat([text("MQTT"), Buffer.from([version, 0xc2, 0, 60])]);
				const properties = Buffer.alloc(version === 5 ? 1 : 0);
				const body = Buffer.concat([head, properties, text(bytes), text("board-1"), text(PASSWORD)]);
				client.send(Buffer.concat([Buffer.from([0x10, body.length]), body]));
				expect(await client.answer()).toMatch(version === 5 ? /^(connack 8[125]|closed)$/ : /^(connack 2|closed)$/);
			});

			it("take-over of another user's client id: its owner stays in, and its session stays its own", async () => {
				const owner = await enter(version, "board-1", { clean: false });
				expect(await owner.subscribe("thimble/board-1/command/+")).toBe("suback 1");
				const thief = knock(version);
				const said = await thief.connect("board-1", {
					clean: false,
					username: "board-2",
					password: Buffer.from(PASSWORD),
				});
				// mosquitto gives it its own user name for an id.
				expect(said).toBe(isEmbedded() ? (version === 5 ? "connack 85" : "connack 2") : "connack 0");
				const ops = await enter(5, "ops");
				await ops.publish("thimble/board-1/command/x", "secret");
				await until("the owner's message", () => owner.messages.length > 0);
				expect(await owner.ping()).toBe("pingresp 0");
				expect(thief.messages).toEqual([]);
				for (const client of [owner, thief, ops]) client.cut();
			});

			it("packet too large before login: closed before it is whole", async () => {
				const client = knock(version);
				// CONNECT of 200 MB, of which a little comes.
				client.send(
					Buffer.concat([Buffer.from("10ffffff5f00044d515454", "hex"), Buffer.from([version]), Buffer.alloc(4096)]),
				);
				expect(await client.answer()).toMatch(/^(closed|connack 95|disconnect 95)$/);
			});
		});

		it("wrong server name: our side goes, before a byte of MQTT has left", async () => {
			const { socket, ...handshake } = (() => {
				const made = new Dialler({ ca: papers.ca, serverName: "elsewhere.example" }).dial({
					address: "127.0.0.1",
					port: site.ports[0],
				} as never);
				return { socket: made.socket, codeOf: (error: Error) => made.codeOf(error) };
			})();
			const [error] = await once(socket, "error");
			expect(handshake.codeOf(error as Error)).toBe(BAD_CERTIFICATE_NAME);
		});

		it("logins that come byte by byte: who is in stays in, and who comes gets in", async () => {
			const board = await enter(5, "board-1");
			const slow = Array.from({ length: 20 }, () => knock(5));
			const login = generate(connectPacket(5, "board-2", { username: "board-2", password: Buffer.from(PASSWORD) }), {
				protocolVersion: 5,
			});
			for (let at = 0; at < 10; at += 1) {
				for (const { socket } of slow) socket.write(login.subarray(at, at + 1));
				expect(await board.ping()).toBe("pingresp 0");
				const late = await enter(5, "board-2");
				late.cut();
			}
			for (const client of [board, ...slow]) client.cut();
		});

		it(`${HALF_OPEN} half-open connections: who is in stays in, and who comes gets in`, async () => {
			const board = await enter(5, "board-1");
			const sockets = Array.from({ length: HALF_OPEN }, () =>
				connect(site.ports[0], "127.0.0.1").on("error", () => {}),
			);
			await Promise.all(sockets.map(socket => once(socket, "connect")));
			expect(await board.ping()).toBe("pingresp 0");
			const late = await enter(5, "board-2");
			expect(await late.ping()).toBe("pingresp 0");
			for (const socket of sockets) socket.destroy();
			board.cut();
			late.cut();
		});
	});

describe("the embedded broker alone", () => {
	let papers: Papers;
	let site: Site;
	beforeAll(async () => {
		papers = await Papers.make();
		site = await embeddedSite(papers, { connectTime: `${CONNECT_MS}ms` });
	});
	afterAll(async () => {
		await site?.close();
		papers?.close();
	});
	const knock = (version: 4 | 5 = 5) => new Knock(site.ports[0], { ca: papers.ca }, version);

	it.each([4, 5] as const)(
		"JWT that is expired, altered, another's, or signed by nobody, version %i: refused",
		async version => {
			const good = await papers.token("board-1");
			const [head, body, signature] = good.split(".") as [string, string, string];
			const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
			const forged = part({ sub: "board-1", aud: "boards", exp: Math.floor(Date.now() / 1000) + 600 });
			const tokens = {
				expired: await papers.token("board-1", { lastsS: -1 }),
				"for another": await papers.token("board-2"),
				"for another audience": await papers.token("board-1", { audience: "people" }),
				"of another secret": await papers.token("board-1", { secret: "another secret of more than thirty-two bytes" }),
				"another body": `${head}.${forged}.${signature}`,
				"without a signature": `${head}.${body}.`,
				'alg "none"': `${part({ alg: "none" })}.${forged}.`,
				'alg "none", signed': `${part({ alg: "none" })}.${forged}.${signature}`,
				"alg of public keys": `${part({ alg: "RS256" })}.${forged}.${signature}`,
				"two parts": `${head}.${body}`,
			};
			for (const [what, token] of Object.entries(tokens)) {
				const said = await knock(version).connect("board-1", { username: "board-1", password: Buffer.from(token) });
				expect(said, what).toBe(version === 4 ? "connack 4" : "connack 86");
			}
			const client = knock(version);
			expect(await client.connect("board-1", { username: "board-1", password: Buffer.from(good) })).toBe("connack 0");
			client.cut();
		},
	);

	it.each([4, 5] as const)("JWT that expires while its client is in, version %i: the client goes", async version => {
		const client = knock(version);
		const token = await papers.token("board-1", { lastsS: 2 });
		expect(await client.connect("board-1", { username: "board-1", password: Buffer.from(token) })).toBe("connack 0");
		expect(await client.next()).toBe(version === 5 ? "disconnect a0" : "closed");
	});

	it("login byte by byte, TLS that is never begun, WebSocket that says nothing: closed in time", async () => {
		const began = performance.now();
		const slow = knock();
		const bytes = Buffer.from("101500044d5154540502003c0000086e6f2d686173746521", "hex");
		let at = 0;
		const drip = setInterval(() => {
			slow.socket.write(bytes.subarray(at, at + 1));
			at += 1;
		}, 100);
		const silent = connect(site.ports[0], "127.0.0.1").on("error", () => {});
		const web = connect(site.ports[1], "127.0.0.1").on("error", () => {});
		await Promise.all([once(silent, "close"), once(web, "close"), until("the end", () => slow.isClosed)]);
		clearInterval(drip);
		expect(performance.now() - began).toBeLessThan(CONNECT_MS * 4);
	});

	it("what it tells has neither password nor payload in it", async () => {
		const client = knock();
		await client.connect("board-1", { username: "board-1", password: Buffer.from("guess-of-a-word") });
		const token = await papers.token("board-1");
		const other = knock();
		await other.connect("board-1", { username: "board-1", password: Buffer.from(token) });
		await other.publish("thimble/board-2/x", "payload-of-it");
		other.cut();
		const lines = JSON.stringify(site.told);
		expect(lines).toContain('"action":"publish"');
		expect(lines).toContain("bad user name or password");
		for (const secret of ["guess-of-a-word", "payload-of-it", token, PASSWORD]) expect(lines).not.toContain(secret);
	});
});
