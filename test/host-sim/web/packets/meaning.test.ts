import { expect, it } from "vitest";
import { dissect } from "../../../../host-sim/inspect/dissect.js";
import { meaningOf } from "../../../../host-sim/web/packets/meaning.js";
import { allOf, SAMPLES } from "../../../support/packets.js";

it("leaves English as it is", () => {
	expect(meaningOf("Remaining Length", "en")).toBe("Remaining Length");
});

it.each([
	["Remaining Length", "剩余长度"],
	["Byte 2", "第 2 字节"],
	["1 byte", "1 字节"],
	["12 bytes, in hexadecimal", "12 字节，十六进制"],
	["(8 bytes, not shown)", "（8 字节，不显示）"],
	["QoS", "QoS"],
	["toString", "toString"],
])("says %j in Chinese", (text, chinese) => {
	expect(meaningOf(text, "zh")).toBe(chinese);
});

/** What everybody looks up as the standard has it, and numbers. */
const AS_IT_IS =
	/^(QoS|DUP|RETAIN|MQTT [\d.]+|0x[\da-f]+( .*)?|\d+ × \d+ = \d+|[A-Z]+|.*(Success|Connection|Granted|QoS \d).*|[A-Z][a-z]+ .*|Failure|Re-authenticate|Success)$/;

it.each(SAMPLES)("knows in Chinese each field of $title and what it means", ({ bytes, version }) => {
	for (const { name, note = "" } of allOf(dissect(bytes, { version }).fields))
		for (const text of [name, note])
			if (text !== "" && !AS_IT_IS.test(text)) expect(meaningOf(text, "zh"), text).toMatch(/\p{Script=Han}/u);
	for (const { name } of allOf(dissect(bytes, { version }).fields))
		if (!/^(QoS|DUP|RETAIN)$/.test(name)) expect(meaningOf(name, "zh"), name).toMatch(/\p{Script=Han}/u);
});
