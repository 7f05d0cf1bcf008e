import { connect } from "node:net";
import { Duplex } from "node:stream";
import { connect as mqttJs } from "mqtt";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { Broker } from "../../../host-sim/broker/broker.js";
import { carry, listen } from "../../../host-sim/node/listen.js";
import { Certificates } from "../../support/certificates.js";
import { until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";
import { nodeClient } from "../../support/node.js";

it("is on its port, takes any where 0 was asked for, and rejects where it is taken", async () => {
	const listener = await listen(new Broker(), 0);
	expect(listener.port).toBeGreaterThan(0);
	for (const webSocket of [false, true])
		await expect(listen(new Broker(), listener.port, "127.0.0.1", { webSocket })).rejects.toMatchObject({
			code: "EADDRINUSE",
		});
	await listener.close();
	const again = await listen(new Broker(), listener.port);
	expect(again.port).toBe(listener.port);
	await again.close();
});

it("closes in a moment, also beside somebody who reads nothing", async () => {
	const listener = await listen(new Broker(), 0);
	const deaf = connect(listener.port, "127.0.0.1");
	deaf.on("error", () => {});
	deaf.write(Buffer.from("100d00044d51545404020000000164 8206000100012300".replace(" ", ""), "hex"));
	await new Promise(resolve => deaf.once("data", resolve));
	deaf.pause();
	const client = nodeClient(listener.port, "flood");
	client.open();
	await until("online", () => client.isOnline);
	let sent = 0;
	const source = { read: (_bytes: Uint8Array, _at: number, count: number) => count };
	while (sent < 3) {
		if (client.publishFrom(client.topic("t"), source, 3_000_000, 2) > 0) sent += 1;
		await until("settled", () => client.unsettled === 0);
	}
	client.close();
	const before = performance.now();
	await listener.close();
	expect(performance.now() - before).toBeLessThan(4000);
	deaf.destroy();
});

it("writes together what is said in one go, but holds back no more than 64 KiB of it", async () => {
	const left: number[] = [];
	const stream = new Duplex({
		read() {},
		writev(chunks, done) {
			left.push(chunks.reduce((sum, { chunk }) => sum + chunk.length, 0));
			done();
		},
	});
	const packet = Buffer.alloc(1000);
	carry(stream, "somebody", ({ write }) => ({
		handleData(bytes) {
			for (let i = 0; i < bytes[0]!; i += 1) write(packet);
		},
		handleClose() {},
	}));
	stream.push(Buffer.of(3));
	await until("three packets", () => left.length > 0);
	stream.push(Buffer.of(70));
	await until("seventy more", () => left.reduce((sum, count) => sum + count, 0) === 73_000);
	expect(left).toEqual([3000, 66_000, 4000]);
	stream.destroy();
});

describeWith(["openssl"], "with TLS and WebSocket", () => {
	let certificates: Certificates;
	beforeAll(() => {
		certificates = new Certificates();
	});
	afterAll(() => certificates.close());

	it.each([
		["mqtts", { tls: true, webSocket: false }],
		["ws", { tls: false, webSocket: true }],
		["wss", { tls: true, webSocket: true }],
	])(
		"serves other people's clients over %s, destroys one, and closes in a moment",
		async (scheme, { tls, webSocket }) => {
			const { cert, key } = certificates.broker;
			const options = { webSocket, ...(tls && { tls: { cert, key } }) };
			const broker = new Broker();
			const listener = await listen(broker, 0, "127.0.0.1", options);
			// Somebody who says nothing is in nobody's way.
			const idle = connect(listener.port, "127.0.0.1");
			idle.on("error", () => {});
			const client = mqttJs(`${scheme}://localhost:${listener.port}/mqtt`, {
				clientId: "other",
				reconnectPeriod: 0,
				ca: certificates.ca.cert,
			});
			let ended = false;
			client.on("error", () => {});
			client.on("close", () => {
				ended = true;
			});
			const got: string[] = [];
			client.on("message", (_topic, payload) => got.push(String(payload)));
			await until("online", () => client.connected);
			await client.subscribeAsync("t", { qos: 1 });
			await client.publishAsync("t", "x".repeat(100_000), { qos: 1 });
			await until("the message", () => got.length === 1);
			expect(got[0]).toBe("x".repeat(100_000));
			expect(listener.destroy("nobody")).toBe(false);
			expect(listener.destroy("other")).toBe(true);
			await until("the end", () => ended);
			await until("its end here", () => broker.connectionOf("other") === undefined);
			client.end(true);
			const before = performance.now();
			await listener.close();
			expect(performance.now() - before).toBeLessThan(4000);
			idle.destroy();
		},
	);

	it("refuses to begin with a key that is not the certificate's", async () => {
		const { broker, client } = certificates;
		const tls = { cert: broker.cert, key: client.key };
		await expect(listen(new Broker(), 0, "127.0.0.1", { tls })).rejects.toThrow(/key values mismatch/);
	});

	it("[MQTT-6.0.0-4] says the subprotocol in its answer; who does not ask for it is refused, and a page is none", async () => {
		const listener = await listen(new Broker(), 0, "127.0.0.1", { webSocket: true });
		const ask = (protocols: string[]) =>
			new Promise<string>(resolve => {
				const socket = new WebSocket(`ws://127.0.0.1:${listener.port}/mqtt`, protocols);
				socket.on("open", () => {
					resolve(`open ${socket.protocol}`);
					socket.terminate();
				});
				socket.on("error", error => resolve(error.message));
			});
		expect(await ask(["mqtt"])).toBe("open mqtt");
		expect(await ask(["other", "mqtt"])).toBe("open mqtt");
		expect(await ask(["other"])).toBe("Unexpected server response: 401");
		expect(await ask([])).toBe("Unexpected server response: 401");
		expect((await fetch(`http://127.0.0.1:${listener.port}/mqtt`)).status).toBe(426);
		await listener.close();
	});
});
