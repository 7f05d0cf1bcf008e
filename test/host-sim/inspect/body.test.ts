// Values against mqtt-packet's: what it has made bytes of is found in the fields, for every type and both versions.

import { parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { type Dissection, dissect } from "../../../host-sim/inspect/dissect.js";
import type { Field } from "../../../host-sim/inspect/field.js";
import { allOf, bytesOf, SAMPLES, statementsOf, valuesOf } from "../../support/packets.js";

type Loose = Record<string, unknown>;

/** mqtt-packet's names of properties, by ours. */
function camel(name: string): string {
	const words = name.replace("Subscription Identifier Available", "Subscription Identifiers Available").split(" ");
	const joined = words.map((word, i) => (i === 0 ? word.toLowerCase() : word)).join("");
	return joined.replace("maximumQos", "maximumQoS");
}

function bytesText(value: Uint8Array): string {
	const text = Buffer.from(value).toString();
	return Buffer.from(text).equals(value) && value[0] !== 0
		? text
		: Buffer.from(value)
				.toString("hex")
				.replaceAll(/(..)(?!$)/g, "$1 ");
}

function propertiesOf(group: Field | undefined): Loose {
	const found: Loose = {};
	for (const { fields, name, value } of group?.fields ?? []) {
		if (name === "Property Length") continue;
		if (name !== "User Property") {
			found[camel(name)] = value;
			continue;
		}
		found["userProperties"] = {
			...(found["userProperties"] as Loose | undefined),
			[fields![1]!.value]: fields![2]!.value,
		};
	}
	return found;
}

/** Everything as text, as our fields have it. */
function plainProperties(properties: object | undefined): Loose {
	return Object.fromEntries(
		Object.entries(properties ?? {}).map(([name, value]) => {
			if (typeof value === "boolean") return [name, value ? "1" : "0"];
			if (value instanceof Uint8Array) return [name, bytesText(value)];
			return [name, name === "userProperties" ? { ...value } : String(value)];
		}),
	);
}

function ours(found: Dissection, name: string): string | undefined {
	return valuesOf(found, name)[0];
}

const NAMES: Readonly<Record<string, string>> = {
	qos: "QoS",
	topic: "Topic Name",
	messageId: "Packet Identifier",
	length: "Remaining Length",
	clientId: "Client Identifier",
	protocolId: "Protocol Name",
	keepalive: "Keep Alive",
	username: "User Name",
	password: "Password",
};

describe("values are those that mqtt-packet reads", () => {
	it.each(SAMPLES)("in $title", ({ bytes, version }) => {
		const theirs: Loose[] = [];
		const parse = parser({ protocolVersion: version === "5.0" ? 5 : 4 });
		parse.on("packet", packet => theirs.push(packet as unknown as Loose));
		parse.on("error", error => {
			throw error;
		});
		parse.parse(Buffer.from(bytes));
		const packet = theirs[0]!;
		const found = dissect(bytes, { version, showsSecrets: true });
		expect(found.summary.name.toLowerCase()).toBe(packet["cmd"]);
		for (const [theirName, ourName] of Object.entries(NAMES)) {
			const value = packet[theirName];
			// It has a QoS, and the rest of the flags, for packets that have none.
			if (value === undefined || value === null || (theirName === "qos" && packet["cmd"] !== "publish")) continue;
			expect(ours(found, ourName), ourName).toBe(value instanceof Uint8Array ? bytesText(value) : String(value));
		}
		if (packet["cmd"] === "publish") {
			expect([found.summary.dup, found.summary.retain]).toEqual([packet["dup"], packet["retain"]]);
			expect(ours(found, "Payload")).toBe(bytesText(packet["payload"] as Buffer));
		}
		const code = packet["reasonCode"] ?? packet["returnCode"];
		if (typeof code === "number" && valuesOf(found, "Variable header").length > 0)
			expect(found.summary.reason).toBe(code);
		if (packet["cmd"] === "connack") expect(ours(found, "Session Present")).toBe(packet["sessionPresent"] ? "1" : "0");
		const will = packet["will"] as Loose | undefined;
		if (will !== undefined) {
			expect(ours(found, "Will Topic")).toBe(will["topic"]);
			expect(ours(found, version === "5.0" ? "Will Payload" : "Will Message")).toBe(String(will["payload"]));
			expect([ours(found, "Will QoS"), ours(found, "Will Retain")]).toEqual([
				String(will["qos"]),
				will["retain"] ? "1" : "0",
			]);
			const group = allOf(found.fields).find(({ name }) => name === "Will Properties");
			expect(propertiesOf(group)).toEqual(plainProperties(will["properties"] as object));
		}
		const group = allOf(found.fields).find(({ name }) => name === "Properties");
		expect(propertiesOf(group)).toEqual(plainProperties(packet["properties"] as object));
		const subscriptions = (packet["subscriptions"] ?? []) as {
			topic: string;
			qos: number;
			nl?: boolean;
			rap?: boolean;
			rh?: number;
		}[];
		const filters = (packet["unsubscriptions"] as string[] | undefined) ?? subscriptions.map(({ topic }) => topic);
		expect(found.summary.filters).toEqual(filters);
		if (subscriptions.length > 0 && version === "5.0") {
			const column = (name: string) => valuesOf(found, name).map(Number);
			expect(column("Maximum QoS")).toEqual(subscriptions.map(({ qos }) => qos));
			expect(column("No Local")).toEqual(subscriptions.map(({ nl }) => Number(nl)));
			expect(column("Retain As Published")).toEqual(subscriptions.map(({ rap }) => Number(rap)));
			expect(column("Retain Handling")).toEqual(subscriptions.map(({ rh }) => rh));
		} else if (subscriptions.length > 0)
			expect(valuesOf(found, "QoS").map(Number)).toEqual(subscriptions.map(({ qos }) => qos));
		const granted = packet["granted"] as number[] | undefined;
		if (granted !== undefined && granted.length > 0) {
			const codes = valuesOf(found, version === "5.0" ? "Reason Code" : "Return Code");
			expect(codes.map(Number)).toEqual(granted);
		}
	});

	it("in every type of packet", () => {
		const types = (version: string) =>
			new Set(SAMPLES.filter(each => each.version === version).map(({ bytes }) => bytes[0]! >> 4));
		expect([types("3.1.1").size, types("5.0").size]).toEqual([14, 15]);
	});
});

describe("what is wrong with a packet stands beside the field that is", () => {
	it.each([
		["PUBLISH with packet id 0", bytesOf(0x32, 5, 0, 1, "a", 0, 0), "3.1.1", ["MQTT-2.3.1-1"], "Packet Identifier"],
		["PUBLISH with a wildcard", bytesOf(0x30, 3, 0, 1, "#"), "3.1.1", ["MQTT-3.3.2-2"], "Topic Name"],
		["PUBLISH at QoS 3", bytesOf(0x36, 5, 0, 1, "a", 0, 1), "3.1.1", ["MQTT-3.3.1-4"], "QoS"],
		["DUP at QoS 0", bytesOf(0x38, 3, 0, 1, "a"), "3.1.1", ["MQTT-3.3.1-2"], "DUP"],
		["ill-formed UTF-8", bytesOf(0x30, 4, 0, 2, 0xc0, 0xaf), "3.1.1", ["MQTT-3.3.2-1"], "Text"],
		["U+0000", bytesOf(0x30, 3, 0, 1, 0), "3.1.1", ["MQTT-4.7.3-2"], "Text"],
		["no topic and no alias", bytesOf(0x30, 3, 0, 0, 0), "5.0", ["MQTT-4.7.3-1"], "Topic Name"],
		["SUBSCRIBE of nothing", bytesOf(0x82, 2, 0, 1), "3.1.1", ["MQTT-3.8.3-3"], "Payload"],
		["UNSUBSCRIBE of nothing", bytesOf(0xa2, 3, 0, 1, 0), "5.0", ["MQTT-3.10.3-2"], "Payload"],
		["QoS 3 asked for", bytesOf(0x82, 6, 0, 1, 0, 1, "a", 3), "3.1.1", ["MQTT-3.8.3-4"], "QoS"],
		[
			"No Local, shared",
			bytesOf(0x82, 15, 0, 1, 0, 0, 9, "$share/g/", 4),
			"5.0",
			["MQTT-4.8.2-2", "MQTT-3.8.3-4"],
			"No Local",
		],
		["reserved options", bytesOf(0x82, 7, 0, 1, 0, 0, 1, "a", 0x40), "5.0", ["MQTT-3.8.3-5"], "Reserved"],
		["Session Present of a refusal", bytesOf(0x20, 2, 1, 5), "3.1.1", ["MQTT-3.2.2-4"], "Session Present"],
		["CONNACK's reserved flags", bytesOf(0x20, 3, 2, 0, 0), "5.0", ["MQTT-3.2.2-1"], "Reserved"],
		["return code 6", bytesOf(0x20, 2, 0, 6), "3.1.1", ["MQTT-3.2.2-6"], "Return Code"],
		["a reason of no CONNACK", bytesOf(0x20, 3, 0, 0x8e, 0), "5.0", ["MQTT-3.2.2-8"], "Reason Code"],
		["a reason of no PUBACK", bytesOf(0x40, 3, 0, 1, 0x92), "5.0", ["MQTT-3.4.2-1"], "Reason Code"],
		["a reason of no SUBACK", bytesOf(0x90, 3, 0, 1, 3), "3.1.1", ["MQTT-3.9.3-2"], "Return Code"],
		["a reason of no UNSUBACK", bytesOf(0xb0, 4, 0, 1, 0, 1), "5.0", ["MQTT-3.11.3-2"], "Reason Code"],
		["bytes left over", bytesOf(0xc0, 1, 7), "3.1.1", ["§4.8"], "Left over"],
		["a DISCONNECT with more in 3.1.1", bytesOf(0xe0, 1, 0), "3.1.1", ["§4.8"], "Left over"],
		["too short a packet", bytesOf(0x40, 1, 0), "5.0", ["§4.13.1"], "Not read"],
		["no Property Length", bytesOf(0x82, 2, 0, 1), "5.0", ["MQTT-2.2.2-1"], "Not read"],
	] as const)("%s", (_, bytes, version, statements, name) => {
		const found = dissect(bytes, { version });
		expect(statementsOf(found)).toEqual(statements);
		expect(allOf(found.fields).some(field => field.name === name && field.faults !== undefined)).toBe(true);
	});

	it("by who sends it, where that is known", () => {
		const nobody = bytesOf(0x40, 3, 0, 1, 0x10);
		expect(dissect(nobody, { version: "5.0", fromClient: false }).faults).toEqual([]);
		expect(dissect(nobody, { version: "5.0", fromClient: true }).faults).toEqual([
			{ statement: "MQTT-3.4.2-1", text: "0x10 is no code for a PUBACK of a client" },
		]);
		expect(statementsOf(dissect(bytesOf(0xf0, 0), { version: "5.0", fromClient: true }))).toEqual(["MQTT-3.15.2-1"]);
	});
});
