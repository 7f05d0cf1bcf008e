// Who gets past the handshake and who does not, with real certificates: against the broker in this process, and mosquitto.

import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ClientOptions } from "../../../firmware/mqtt/client.js";
import { Broker } from "../../../host-sim/broker/broker.js";
import { type Listener, type ListenOptions, listen } from "../../../host-sim/node/listen.js";
import { type SecureOptions, secureSocket } from "../../../host-sim/node/tls.js";
import { Certificates } from "../../support/certificates.js";
import { Mosquitto, until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";
import { nodeClient } from "../../support/node.js";

const TLS_FAILED = 0x40;
const EXPIRED = 0x41;
const REFUSED = 0x42;
const NAME = 0x43;
const OWN_REFUSED = 0x44;
const LINK_LOST = 0x38;

type Identity = "broker" | "elsewhere" | "expired" | "early" | "unknown";
interface Server {
	readonly port: number;
	/** Packets of MQTT, or bytes of them, that it has seen; absent where it cannot tell. */
	readonly seen?: () => number;
	close(): Promise<void>;
}

let certificates: Certificates;
const closing: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

/** What becomes of a client's first attempt: 0 for online, or why it is not. */
async function attempt(port: number, options: SecureOptions, given: Partial<ClientOptions> = {}) {
	const codes: number[] = [];
	const client = nodeClient(port, "c", {
		...given,
		socket: { io: secureSocket(options) },
		onOnline: () => codes.push(0),
		onOffline: code => codes.push(code),
	});
	closing.push(() => client.close());
	client.open();
	await until("what became of it", () => codes.length > 0);
	return { client, code: codes[0] };
}

function expectations(start: (identity: Identity, requestCert: boolean) => Promise<Server>): void {
	const serve = async (identity: Identity, requestCert = false) => {
		const server = await start(identity, requestCert);
		closing.push(() => server.close());
		return server;
	};

	it("a certificate that is signed by our CA, for that name, will do; and so for the address, without a name", async () => {
		const { port } = await serve("broker");
		const ca = certificates.ca.cert;
		expect((await attempt(port, { ca, serverName: "localhost" })).code).toBe(0);
		expect((await attempt(port, { ca })).code).toBe(0);
	});

	it("messages go both ways, large ones too", async () => {
		const { port } = await serve("broker");
		let subscribed = 0;
		const secure = { ca: certificates.ca.cert, serverName: "localhost" };
		const { client } = await attempt(port, secure, { onSubscribed: () => (subscribed += 1) });
		const got: string[] = [];
		let streamed = 0;
		client.subscribe("small", message => got.push(message.text() ?? ""), { qos: 2 });
		client.subscribe("large", message => (streamed += message.payloadLength), { qos: 1, stream: true });
		await until("both subscriptions", () => subscribed === 2);
		client.publish("small", "hello", { qos: 2 });
		const source = { read: (_bytes: Uint8Array, _at: number, count: number) => count };
		expect(client.publishFrom(client.topic("large"), source, 300_000, 2)).toBeGreaterThan(0);
		await until("both", () => got.length === 1 && streamed === 300_000);
		expect(got).toEqual(["hello"]);
	});

	it.each([
		["for another name", "elsewhere", "localhost", NAME],
		["for another address", "elsewhere", "127.0.0.1", NAME],
		["that has expired", "expired", "localhost", EXPIRED],
		["that is not valid yet", "early", "localhost", EXPIRED],
		["of an unknown CA", "unknown", "localhost", REFUSED],
	] as const)("one %s is refused with a code, before a byte of MQTT", async (_what, identity, serverName, code) => {
		const { port, seen } = await serve(identity);
		const attempted = await attempt(port, { ca: certificates.ca.cert, serverName });
		expect(attempted.code).toBe(code);
		expect(seen?.() ?? 0).toBe(0);
	});

	it("one of a CA of our own is refused by who trusts those of the world", async () => {
		const { port } = await serve("broker");
		expect((await attempt(port, { serverName: "localhost" })).code).toBe(REFUSED);
	});

	it("where any name will do, it still has to be signed by somebody whom we trust, and be valid", async () => {
		const secure = { ca: certificates.ca.cert, serverName: "localhost", anyName: true };
		expect((await attempt((await serve("elsewhere")).port, secure)).code).toBe(0);
		expect((await attempt((await serve("unknown")).port, secure)).code).toBe(REFUSED);
		expect((await attempt((await serve("expired")).port, secure)).code).toBe(EXPIRED);
	});

	it("a client shows its certificate where the server wants one", async () => {
		const { port } = await serve("broker", true);
		const { cert, key } = certificates.client;
		const secure = { ca: certificates.ca.cert, serverName: "localhost" };
		expect((await attempt(port, { ...secure, cert, key })).code).toBe(0);
	});

	it("without one it is told that it needs one", async () => {
		const { port, seen } = await serve("broker", true);
		const { code } = await attempt(port, { ca: certificates.ca.cert, serverName: "localhost" });
		expect(code).toBe(OWN_REFUSED);
		expect(seen?.() ?? 0).toBe(0);
	});

	it("with one of a CA that the server does not know it gets nowhere", async () => {
		const { port, seen } = await serve("broker", true);
		const { cert, key } = certificates.otherClient;
		const { code } = await attempt(port, { ca: certificates.ca.cert, serverName: "localhost", cert, key });
		expect([OWN_REFUSED, LINK_LOST]).toContain(code);
		expect(seen?.() ?? 0).toBe(0);
	});
}

describeWith(["openssl"], "TLS", () => {
	beforeAll(() => {
		certificates = new Certificates();
	});
	afterAll(() => certificates.close());

	describe("with the broker in this process", () => {
		expectations(async (identity, requestCert) => {
			let packets = 0;
			const { cert, key } = certificates[identity];
			const tls: ListenOptions["tls"] = { cert, key, ...(requestCert && { requestCert, ca: certificates.ca.cert }) };
			const broker = new Broker({ on: { received: () => (packets += 1) } });
			const listener: Listener = await listen(broker, 0, "127.0.0.1", { tls });
			return { port: listener.port, seen: () => packets, close: () => listener.close() };
		});
	});

	describeWith(["mosquitto"], "with mosquitto", () => {
		expectations((identity, requestCert) => {
			const { certFile, keyFile } = certificates[identity];
			return Mosquitto.start([
				`certfile ${certFile}`,
				`keyfile ${keyFile}`,
				`cafile ${certificates.ca.certFile}`,
				`require_certificate ${requestCert}`,
			]);
		});
	});

	it("never falls back to plain text: to a server without TLS it says nothing but ClientHello, again and again", async () => {
		const heard: Buffer[] = [];
		// It answers as a broker without TLS would, whatever it gets.
		const server = createServer(socket => {
			let bytes = Buffer.alloc(0);
			socket.on("error", () => {});
			socket.on("data", chunk => {
				if (bytes.length === 0) socket.end(Buffer.from("20020000", "hex"));
				bytes = Buffer.concat([bytes, chunk]);
			});
			socket.on("close", () => heard.push(bytes));
		});
		await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
		closing.push(() => new Promise(resolve => server.close(resolve)));
		const { port } = server.address() as { port: number };
		const codes: number[] = [];
		const client = nodeClient(port, "a-telling-id", {
			socket: { io: secureSocket({ ca: certificates.ca.cert, serverName: "localhost" }) },
			userName: "somebody",
			password: "s3cret",
			onOffline: code => codes.push(code),
		});
		closing.push(() => client.close());
		client.open();
		await until("three attempts", () => heard.length >= 3);
		client.close();
		for (const bytes of heard) {
			// A record of the handshake, and in it a ClientHello that fills it.
			expect([bytes[0], bytes[1], bytes[5]]).toEqual([0x16, 3, 1]);
			expect(bytes.readUInt16BE(3)).toBe(bytes.readUIntBE(6, 3) + 4);
			const rest = bytes.subarray(5 + bytes.readUInt16BE(3));
			// Behind it at most an alert, of seven bytes.
			expect(rest.length === 0 || (rest[0] === 0x15 && rest.length === 7)).toBe(true);
			expect(bytes.includes("MQTT") || bytes.includes("telling") || bytes.includes("s3cret")).toBe(false);
		}
		expect(new Set(codes)).toEqual(new Set([TLS_FAILED]));
	});

	it("a server that hangs up in the handshake has no TLS for us; where nobody is, it is a connection refused", async () => {
		const server = createServer(socket => socket.once("data", () => socket.destroy()));
		await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
		closing.push(() => new Promise(resolve => server.close(resolve)));
		const { port } = server.address() as { port: number };
		expect((await attempt(port, {})).code).toBe(TLS_FAILED);
		expect((await attempt(1, {})).code).toBe(0x32);
	});

	it("files that are no certificate and no key of it are refused when the class is made, not at each attempt", () => {
		const { broker, client } = certificates;
		expect(() => secureSocket({ cert: "nonsense", key: client.key })).toThrow();
		expect(() => secureSocket({ cert: client.cert, key: broker.key })).toThrow();
	});

	it("checks the certificate whatever the environment says", async () => {
		process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
		try {
			const { cert, key } = certificates.unknown;
			const listener = await listen(new Broker(), 0, "127.0.0.1", { tls: { cert, key } });
			closing.push(() => listener.close());
			const secure = { ca: certificates.ca.cert, serverName: "localhost" };
			expect((await attempt(listener.port, secure)).code).toBe(REFUSED);
		} finally {
			delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
		}
	});
});
