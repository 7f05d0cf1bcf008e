import { describe, expect, it } from "vitest";
import { dissect } from "../../../host-sim/inspect/dissect.js";
import { allOf, bytesOf, statementsOf } from "../../support/packets.js";

/** A QoS 0 PUBLISH with this block. */
function publish(...block: number[]): Uint8Array {
	return bytesOf(0x30, 4 + block.length, 0, 1, "a", block.length, block);
}

const judged = (bytes: Uint8Array, fromClient?: boolean) =>
	statementsOf(dissect(bytes, { version: "5.0", fromClient }));

it("has name, type, value and section of each", () => {
	const { fields } = dissect(publish(2, 0, 0, 0, 60, 35, 0, 7), { version: "5.0" });
	const found = allOf(fields).filter(({ name }) => /Message Expiry|Topic Alias/.test(name));
	expect(found.map(({ name, note, section, value }) => [name, note, value, section])).toEqual([
		["Message Expiry Interval", "Four Byte Integer", "60", "3.3.2.3.3"],
		["Topic Alias", "Two Byte Integer", "7", "3.3.2.3.4"],
	]);
	expect(
		allOf(fields)
			.find(({ value }) => value === "60")!
			.fields!.at(-1)!.note,
	).toBe("seconds");
});

describe("tells what is wrong, and where", () => {
	it.each([
		["one that there is not", publish(4, 0), ["§2.2.2.2"]],
		["one twice", publish(1, 1, 1, 1), ["§2.2.2.2"]],
		["one in the wrong packet", publish(33, 0, 1), ["§2.2.2.2"]],
		["neither 0 nor 1", publish(1, 2), ["§2.2.2.2"]],
		["0 where it may not be", publish(11, 0), ["§2.2.2.2"]],
		["a response topic with a wildcard", publish(8, 0, 1, 0x23), ["MQTT-3.3.2-14"]],
		["ill-formed UTF-8", publish(3, 0, 1, 0xff), ["MQTT-3.3.2-19"]],
		["one that reaches past the block", publish(3, 0, 9), ["§4.13.1"]],
		["a block that reaches past the packet", bytesOf(0x30, 4, 0, 1, "a", 9), ["§4.13.1"]],
		["a padded integer", publish(11, 0x81, 0), ["MQTT-1.5.5-1"]],
	])("%s", (_, bytes, statements) => {
		expect(judged(bytes)).toEqual(statements);
	});

	it("[MQTT-3.3.4-6] a subscription identifier in a client's PUBLISH, but several in a server's are fine", () => {
		expect(judged(publish(11, 5), true)).toEqual(["MQTT-3.3.4-6"]);
		expect(judged(publish(11, 5, 11, 6), false)).toEqual([]);
	});

	it("user properties may repeat", () => {
		expect(judged(publish(38, 0, 0, 0, 0, 38, 0, 0, 0, 0))).toEqual([]);
	});
});
