import { describe, expect, it } from "vitest";
import { Improv, packetOf } from "../../../firmware/device/improv.js";
import { Settings } from "../../../firmware/device/settings.js";
import { utf8Bytes } from "../../../firmware/mqtt/wire.js";
import { MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";

const NO_ERROR = "error 0";

/** A command as a client sends it, without the newline. */
function command(id: number, data: readonly number[] = []): Uint8Array {
	const packet = packetOf(3, Uint8Array.of(id, data.length, ...data));
	return packet.slice(0, -1);
}

function wifi(ssid: string, password: string): Uint8Array {
	const [first, second] = [utf8Bytes(ssid), utf8Bytes(password)];
	return command(1, [first.length, ...first, second.length, ...second]);
}

/** A packet of the board in words. Its frame is checked here. */
function words(packet: Uint8Array): string {
	expect(String.fromCharCode(...packet.subarray(0, 7))).toBe("IMPROV\u0001");
	expect(packet.at(-1)).toBe(10);
	expect(packet.length).toBe(9 + packet[8]! + 2);
	let sum = 0;
	for (const byte of packet.subarray(0, -2)) sum += byte;
	expect(packet.at(-2)).toBe(sum % 256);
	const data = packet.subarray(9, -2);
	if (packet[7] === 1) return `state ${data[0]}`;
	if (packet[7] === 2) return `error ${data[0]}`;
	expect(packet[7]).toBe(4);
	expect(data[1]).toBe(data.length - 2);
	const texts: string[] = [];
	for (let at = 2; at < data.length; at += 1 + data[at]!)
		texts.push(String.fromCharCode(...data.subarray(at + 1, at + 1 + data[at]!)));
	return `result ${data[0]} [${texts.join("|")}]`;
}

function make({ given = {}, store = new MemoryKeyValue(), trial = false } = {}) {
	const settings = new Settings(store, given);
	const said: string[] = [];
	const trials: ((usable: boolean) => void)[] = [];
	const improv = new Improv({
		settings,
		information: () => ["thimble", "1.2.3", "esp32", "b-1"],
		put: packet => said.push(words(packet)),
		handleProvisioned: () => said.push("provisioned"),
		...(trial && { join: (_ssid: string, _password: string, done: (usable: boolean) => void) => trials.push(done) }),
	});
	const give = (packet: Uint8Array) => {
		improv.handlePacket(packet, packet.length);
		return said.splice(0);
	};
	return { give, said, settings, trials };
}

describe("Improv", () => {
	it("frames a packet as the protocol says", () => {
		// IMPROV, version 1, type 1, length 1, state 2: their sum is 0x1e2.
		expect([...packetOf(1, Uint8Array.of(2))]).toEqual([0x49, 0x4d, 0x50, 0x52, 0x4f, 0x56, 1, 1, 1, 2, 0xe2, 10]);
		// The example of the protocol's description: SSID MyWirelessAP, password mysecurepassword.
		expect([...wifi("MyWirelessAP", "mysecurepassword").subarray(9, 12)]).toEqual([0x01, 0x1e, 0x0c]);
	});

	it("tells its state, and that it has a network with the answer that provisioning would have had", () => {
		expect(make().give(command(2))).toEqual([NO_ERROR, "state 2"]);
		expect(make({ given: { ssid: "home" } }).give(command(2))).toEqual([NO_ERROR, "state 4", "result 2 []"]);
	});

	it("tells firmware, version, board and name", () => {
		expect(make().give(command(3))).toEqual([NO_ERROR, "result 3 [thimble|1.2.3|esp32|b-1]"]);
	});

	it.each([[4], [5], [6], [7], [0], [255]])("does not know command %s", id => {
		expect(make().give(command(id))).toEqual(["error 2"]);
	});

	it("keeps a network untried where the board is in one", () => {
		const { give, settings } = make();
		expect(give(wifi("MyWirelessAP", "mysecurepassword"))).toEqual([
			NO_ERROR,
			"state 3",
			"state 4",
			"result 1 []",
			"provisioned",
		]);
		expect([settings.text("ssid"), settings.text("password")]).toEqual(["MyWirelessAP", "mysecurepassword"]);
	});

	it("keeps a network on trial when it is usable, and not before", () => {
		const { give, said, settings, trials } = make({ trial: true });
		expect(give(wifi("Käse", ""))).toEqual([NO_ERROR, "state 3"]);
		expect(give(command(2))).toEqual([NO_ERROR, "state 3"]);
		expect(give(wifi("other", "x"))).toEqual(["error 255"]);
		expect(settings.text("ssid")).toBe("");
		trials[0]!(true);
		expect(said.splice(0)).toEqual(["state 4", "result 1 []", "provisioned"]);
		expect(settings.text("ssid")).toBe("Käse");
	});

	it("keeps nothing of a network that does not work", () => {
		const { give, said, settings, trials } = make({ trial: true });
		give(wifi("home", "wrong password"));
		trials[0]!(false);
		expect(said.splice(0)).toEqual(["error 3", "state 2"]);
		expect(settings.text("ssid")).toBe("");
		give(wifi("home", "right password"));
		trials[1]!(true);
		expect(said.at(-1)).toBe("provisioned");
	});

	it("says so where flash takes nothing", () => {
		const store = new MemoryKeyValue();
		store.write = () => {
			throw new Error("flash");
		};
		expect(make({ store }).give(wifi("home", "password"))).toEqual([NO_ERROR, "state 3", "error 255", "state 2"]);
	});

	it("takes no packet whose check sum or lengths are wrong", () => {
		const { give, settings } = make();
		const good = wifi("home", "password");
		for (let at = 9; at < good.length; at += 1) {
			const bad = good.slice();
			bad[at] = bad[at]! ^ 0x55;
			expect(give(bad)).toEqual(["error 1"]);
		}
		const wrong = [[], [0], [4, 1, 2], [2, 65, 66], [2, 65, 66, 1], [1, 65, 0, 0], [1, 0xff, 0], [0, 0], [1, 65, 1, 0]];
		for (const data of [...wrong, [33, ...new Array<number>(33).fill(65), 0]])
			expect(give(command(1, data))).toEqual(["error 1"]);
		expect(give(packetOf(3, Uint8Array.of(2)).slice(0, -1))).toEqual(["error 1"]);
		expect(give(packetOf(3, Uint8Array.of(2, 1)).slice(0, -1))).toEqual(["error 1"]);
		expect(settings.text("ssid")).toBe("");
	});

	it("does not answer what a board says", () => {
		const { give } = make();
		for (const type of [0, 1, 2, 4, 9]) expect(give(packetOf(type, Uint8Array.of(2, 0)).slice(0, -1))).toEqual([]);
	});
});
