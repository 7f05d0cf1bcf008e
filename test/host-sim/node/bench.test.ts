import { expect, it } from "vitest";
import { Settings } from "../../../firmware/device/settings.js";
import { Bench } from "../../../host-sim/node/bench.js";
import { MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";
import { until } from "../../support/mosquitto.js";

it("a board without hardware boots with noise, waits, keeps what it is told, and starts anew", async () => {
	const store = new MemoryKeyValue();
	const bench = new Bench(store);
	let heard = "";
	bench.listen({
		data: bytes => {
			heard += Buffer.from(bytes).toString();
		},
		gone: () => {},
	});
	await until("it waits", () => heard.includes('{"thimble":1,"waiting":["ssid","broker"]}\r\n'));
	expect(heard).toMatch(/^ets /);
	bench.write(Buffer.from('{"id":1,"set":{"ssid":"home",'));
	bench.write(Buffer.from('"broker":"b"}}\n{"id":2,"get":true}\n{"id":3,"restart":true}\n'));
	await until("its second life", () => heard.split("ets ").length === 3);
	expect(heard).toContain('{"thimble":1,"id":1,"ok":true,"restart":true}');
	expect(heard).toContain('"logLevel":"info"');
	expect(new Settings(store).text("ssid")).toBe("home");
	bench.write(Buffer.from('{"id":4,"info":true}\n'));
	await until("its answer", () => heard.includes('"id":4'));
	expect(heard).toContain('"waiting":[],"restart":false');
	bench.close();
});
