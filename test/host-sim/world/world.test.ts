// The world as a whole: it repeats, and it checks.

import { describe, expect, it } from "vitest";
import { Client } from "../../../firmware/mqtt/client.js";
import { World } from "../../../host-sim/testing.js";

describe("a world", () => {
	it("checks what clients send, where somebody wants to hear of it", () => {
		const violations: string[] = [];
		const world = new World({ violated: ({ statement }) => violations.push(statement) });
		const socket = new (world.network.socketFor("rude"))({
			address: "10.0.0.1",
			port: 1883,
			// PINGREQ before CONNECT.
			onWritable() {
				this.write(Uint8Array.of(0xc0, 0));
			},
		});
		world.run(100);
		expect(violations).toContain("MQTT-3.1.0-1");
		socket.close();
	});

	it("a broker that refuses does so after it was started anew, too", () => {
		const world = new World();
		const codes: number[] = [];
		world.refuse(0x8a);
		world.startBroker();
		new Client({ clientId: "c", ...world.collaborators("c"), onOffline: code => codes.push(code) }).open();
		world.run(1000);
		expect(codes).toEqual([0x85 + 2]);
	});
});
