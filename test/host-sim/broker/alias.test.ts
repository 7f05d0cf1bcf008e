import { describe, expect, it } from "vitest";
import { InboundAliases, OutboundAliases } from "../../../host-sim/broker/alias.js";

describe("aliases that a client makes", () => {
	it("[MQTT-3.3.2-12] stand for the topic that came with them last", () => {
		const aliases = new InboundAliases(2);
		expect(aliases.resolve("a", undefined)).toBe("a");
		expect(aliases.resolve("a", 1)).toBe("a");
		expect(aliases.resolve("b", 2)).toBe("b");
		expect([aliases.resolve("", 1), aliases.resolve("", 2)]).toEqual(["a", "b"]);
		aliases.resolve("c", 1);
		expect(aliases.resolve("", 1)).toBe("c");
	});

	it("[MQTT-3.3.2-9] are errors above the maximum (0x94), and where nobody made them (0x82)", () => {
		const aliases = new InboundAliases(2);
		expect(() => aliases.resolve("a", 3)).toThrow(expect.objectContaining({ reason: 0x94 }));
		expect(() => aliases.resolve("", 2)).toThrow(expect.objectContaining({ reason: 0x82 }));
		expect(() => new InboundAliases(0).resolve("a", 1)).toThrow(expect.objectContaining({ reason: 0x94 }));
	});
});

describe("aliases that we make", () => {
	it("[MQTT-3.1.2-26] are never more than the client takes: the topic used longest ago gives up its own", () => {
		const aliases = new OutboundAliases(2);
		expect(aliases.take("a")).toEqual({ alias: 1, isKnown: false });
		expect(aliases.take("b")).toEqual({ alias: 2, isKnown: false });
		expect(aliases.take("a")).toEqual({ alias: 1, isKnown: true });
		expect(aliases.take("c")).toEqual({ alias: 2, isKnown: false });
		expect(aliases.take("b")).toEqual({ alias: 1, isKnown: false });
		expect(aliases.take("c")).toEqual({ alias: 2, isKnown: true });
	});

	it("[MQTT-3.1.2-27] are none where the client takes none", () => {
		expect(new OutboundAliases(0).take("a")).toBeUndefined();
	});

	it("are forgotten where the packet that should have made them known was not sent", () => {
		const aliases = new OutboundAliases(2);
		aliases.take("a");
		aliases.forget("a");
		expect(aliases.take("b")).toEqual({ alias: 1, isKnown: false });
		expect(aliases.take("a")).toEqual({ alias: 2, isKnown: false });
	});
});
