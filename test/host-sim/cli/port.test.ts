// The next free port beside 1883 is tried by run.test.ts, as a process.

import { createServer } from "node:net";
import { expect, it } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import { serveSomewhere } from "../../../host-sim/cli/port.js";

it("serves a broker on the port that is asked for, and says where; 0 is any", async () => {
	const { endpoint, listener, note } = await serveSomewhere(new Broker(), 0);
	expect(endpoint).toEqual({ host: "127.0.0.1", port: listener.port });
	expect(note).toBe("");
	await expect(serveSomewhere(new Broker(), listener.port)).rejects.toThrow(
		`port ${listener.port} is taken; choose another with --port`,
	);
	await listener.close();
});

it("where nobody asks, it is 1883 or the next free one, and then that is said", async () => {
	const blocker = createServer();
	await new Promise<void>(resolve => {
		blocker.once("error", () => resolve());
		blocker.listen(1883, "127.0.0.1", () => resolve());
	});
	const { endpoint, listener, note } = await serveSomewhere(new Broker(), undefined);
	expect(endpoint.port).toBeGreaterThan(1883);
	expect(note).toBe(" (port 1883 is taken)");
	await listener.close();
	blocker.close();
});

it.each([70_000, -1, 1.5, "x", true])("%j is no port", async port => {
	await expect(serveSomewhere(new Broker(), port)).rejects.toThrow(
		`--port: expected a whole number from 0 (any free port) to 65535, got ${port}`,
	);
});
