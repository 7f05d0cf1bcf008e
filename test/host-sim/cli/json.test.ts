import { describe, expect, it } from "vitest";
import { isoTime, messageJson } from "../../../host-sim/cli/json.js";
import type { Message } from "../../../host-sim/cli/message.js";

const message = (payload: string | Buffer, more: Partial<Message> = {}): Message => ({
	topic: 'a/"b"',
	payload: Buffer.from(payload),
	qos: 0,
	retain: false,
	packetId: 0,
	properties: new Map(),
	userProperties: [],
	time: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
	...more,
});
const tst = isoTime(message("").time, true);

describe("messages as JSON", () => {
	it("have mosquitto's names, and the payload as text", () => {
		expect(messageJson(message('x"\n'), false, false)).toBe(
			`{"tst":"${tst}","topic":"a/\\"b\\"","qos":0,"retain":0,"payloadlen":3,"payload":"x\\"\\n"}`,
		);
		expect(messageJson(message("", { qos: 1, packetId: 7, retain: true }), false, false)).toBe(
			`{"tst":"${tst}","topic":"a/\\"b\\"","qos":1,"retain":1,"payloadlen":0,"mid":7,"payload":null}`,
		);
	});

	it("show properties, and user properties of one name each", () => {
		const given = message("x", {
			properties: new Map<never, number | string | Uint8Array>([
				["content-type" as never, "t"],
				["correlation-data" as never, Buffer.from("id")],
				["payload-format-indicator" as never, 1],
			]),
			userProperties: [
				["k", "1"],
				["k", "2"],
			],
		});
		expect(messageJson(given, false, false)).toContain(
			'"properties":{"content-type":"t","correlation-data":"id","payload-format-indicator":1,"user-properties":{"k":"1","k":"2"}},',
		);
	});

	it("may have the payload as JSON within, if it is that", () => {
		expect(messageJson(message('{"h": [1, {}], "__proto__": 2}'), true, false)).toContain(
			'"payload":{"h":[1,{}],"__proto__":2}}',
		);
		expect(messageJson(message("{"), true, false)).toBeUndefined();
		expect(messageJson(message(""), true, false)).toContain('"payload":null}');
	});

	it("may be pretty, with tabs", () => {
		expect(messageJson(message('{"h":[1,2],"e":{}}'), true, true)).toBe(
			`{\n\t"tst":\t"${tst}",\n\t"topic":\t"a/\\"b\\"",\n\t"qos":\t0,\n\t"retain":\t0,\n\t"payloadlen":\t18,\n\t"payload":\t{\n\t\t"h":\t[1, 2],\n\t\t"e":\t{\n\t\t}\n\t}\n}`,
		);
	});

	it("have the time with the local offset", () => {
		expect(tst).toMatch(/^2026-01-0[123]T\d\d:\d4:05\.006000[+-]\d{4}$/);
		const seconds = isoTime(message("").time, false);
		expect(seconds).toMatch(/^2026-01-0[123]T\d\d:\d4:05[+-]\d{4}$/);
		expect(Date.parse(seconds.replace(/(\d\d)$/, ":$1"))).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
	});
});
