import { connect } from "node:net";
import { expect, it } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import { listen } from "../../../host-sim/node/listen.js";
import { until } from "../../support/mosquitto.js";
import { nodeClient } from "../../support/node.js";

it("is on its port, takes any where 0 was asked for, and rejects where it is taken", async () => {
	const listener = await listen(new Broker(), 0);
	expect(listener.port).toBeGreaterThan(0);
	await expect(listen(new Broker(), listener.port)).rejects.toMatchObject({ code: "EADDRINUSE" });
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
