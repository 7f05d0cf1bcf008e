import type { IConnectPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { checkClientId, checkTopicName, redirection, willOf } from "../../../host-sim/broker/admission.js";
import { withDefaults } from "../../../host-sim/broker/limits.js";
import { Refusal } from "../../../host-sim/broker/reason.js";
import { termsOf } from "../../../host-sim/broker/terms.js";

const connect = (more: Partial<IConnectPacket> = {}): IConnectPacket => ({
	cmd: "connect",
	clientId: "c",
	clean: true,
	protocolVersion: 5,
	...more,
});

function reasonOf(run: () => unknown): number {
	try {
		run();
		return 0;
	} catch (error) {
		if (error instanceof Refusal) return error.reason;
		throw error;
	}
}

describe("a CONNECT", () => {
	it("[MQTT-3.1.3-8] without a name asks for no older session at 3.1.1", () => {
		for (const [protocolVersion, clientId, clean, reason] of [
			[4, "", false, 0x85],
			[4, "", true, 0],
			[4, "c", false, 0],
			[5, "", false, 0],
		] as const) {
			const packet = connect({ protocolVersion, clientId, clean });
			expect(reasonOf(() => checkClientId(packet, termsOf(packet, withDefaults())))).toBe(reason);
		}
	});

	it("[MQTT-3.2.2-12] [MQTT-3.2.2-13] has no will that the server cannot publish", () => {
		const limits = withDefaults({ maximumQos: 1, retainAvailable: false });
		const will = { topic: "w", payload: Buffer.from("x"), qos: 1 as const, retain: false };
		const reason = (more: object) => reasonOf(() => willOf(connect({ will: { ...will, ...more } }), [], limits));
		expect([reason({}), reason({ qos: 2 }), reason({ retain: true })]).toEqual([0, 0x9b, 0x9a]);
		expect([reason({ topic: "a/+" }), reason({ topic: "" }), reason({ topic: "a/".repeat(200) })]).toEqual([
			0x81, 0x81, 0x90,
		]);
	});

	it("[MQTT-3.1.3-10] has a will with its delay and its properties, those of the user in their order", () => {
		expect(willOf(connect(), [], withDefaults())).toBeUndefined();
		const properties = { willDelayInterval: 5, contentType: "t", userProperties: { b: "1", a: "2" } };
		const packet = connect({ will: { topic: "w", payload: "x", properties } });
		const user = [
			["b", "1"],
			["a", "2"],
		] as const;
		expect(willOf(packet, user, withDefaults())).toEqual({
			message: {
				topic: "w",
				payload: Buffer.from("x"),
				qos: 0,
				retain: false,
				properties: { contentType: "t", userProperties: user },
			},
			delay: 5,
		});
	});
});

it("a topic name with wildcards is ill-formed, one of too many levels is just not taken", () => {
	expect(["a", "a/#", "", "a/".repeat(200)].map(topic => reasonOf(() => checkTopicName(topic)))).toEqual([
		0, 0x81, 0x81, 0x90,
	]);
});

it("a reference to another server is for now, or for good", () => {
	expect(redirection({ to: "b:1" })).toMatchObject({ reason: 0x9c, properties: { serverReference: "b:1" } });
	expect(redirection({ to: "b", forGood: true }).reason).toBe(0x9d);
});
