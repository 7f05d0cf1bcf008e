import { expect, it } from "vitest";
import { addressOf, NodeResolver } from "../../../host-sim/node/resolver.js";
import { sleep, until } from "../../support/mosquitto.js";

it("finds this machine by name, IPv4 first, and says where there is none", async () => {
	expect(await addressOf("localhost")).toBe("127.0.0.1");
	const told: string[] = [];
	const ask = (host: string) =>
		new NodeResolver().resolve({
			host,
			onResolved: (name, address) => told.push(`${name} ${address}`),
			onError: () => told.push(`no ${host}`),
		});
	ask("localhost");
	ask("nosuch.invalid");
	await until("both answers", () => told.length === 2);
	expect(told.sort()).toEqual(["localhost 127.0.0.1", "no nosuch.invalid"]);
});

it("is silent after close", async () => {
	let told = 0;
	const resolver = new NodeResolver();
	resolver.resolve({ host: "localhost", onResolved: () => (told += 1), onError: () => (told += 1) });
	resolver.close();
	await sleep(100);
	expect(told).toBe(0);
});
