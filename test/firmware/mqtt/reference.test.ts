// Where a server sends us: the names that it gives, and which of them a client follows, for how long.

import { describe, expect, it } from "vitest";
import { parseReference } from "../../../firmware/mqtt/reference.js";
import { Peer, type PeerOptions } from "../../support/peer.js";

describe("a Server Reference", () => {
	it.each([
		["other", "other", 1883],
		["other.example:8000", "other.example", 8000],
		["first:1 second:2", "first", 1],
		["[fe80::1]:1884 x", "fe80::1", 1884],
		["[fe80::1]", "fe80::1", 1883],
	])("[MQTT-4.11] %s", (text, host, port) => {
		expect(parseReference(text, 1883, 1, 0x9d)).toEqual({ host, port, hops: 1, moved: true });
	});

	it.each(["", " other", ":1883", "other:0", "other:65536", "other:x", "[]:1"])('"%s" names nobody', text => {
		expect(parseReference(text, 1883, 1, 0x9c)).toBeUndefined();
	});
});

const MOVED = 0x9d;
const ANOTHER = 0x9c;

function make(options: PeerOptions = {}): Peer {
	return new Peer({ protocolVersion: 5, host: "10.0.0.1", redirects: 2, ...options });
}

/** The address of the attempt that is just being made. */
function address(peer: Peer): string {
	const { address, port } = peer.socket.options;
	return `${address}:${port}`;
}

function refuse(peer: Peer, reasonCode: number, serverReference?: string): void {
	peer.connect();
	peer.send({
		cmd: "connack",
		reasonCode,
		sessionPresent: false,
		...(serverReference !== undefined && { properties: { serverReference } }),
	});
}

function dismiss(peer: Peer, reasonCode: number, serverReference: string): void {
	peer.send({ cmd: "disconnect", reasonCode, properties: { serverReference } });
}

describe("a client that is sent to another server", () => {
	it("goes there soon, from CONNACK as from DISCONNECT, and says so", () => {
		const peer = make();
		refuse(peer, MOVED, "10.0.0.2:1999");
		expect(peer.told()).toEqual(["offline 9d"]);
		const before = peer.time.now;
		peer.online();
		expect([address(peer), peer.time.now - before < 2000]).toEqual(["10.0.0.2:1999", true]);
		dismiss(peer, ANOTHER, "10.0.0.3");
		peer.online();
		expect(address(peer)).toBe("10.0.0.3:1883");
	});

	it("stays with one that was named for good, and leaves one that was named for now with its connection", () => {
		const peer = make();
		refuse(peer, MOVED, "10.0.0.2");
		peer.online();
		peer.socket.fail();
		peer.online();
		expect(address(peer)).toBe("10.0.0.2:1883");
		dismiss(peer, ANOTHER, "10.0.0.3");
		peer.online();
		expect(address(peer)).toBe("10.0.0.3:1883");
		peer.socket.fail();
		peer.connect();
		expect(address(peer)).toBe("10.0.0.1:1883");
	});

	it("comes home when that server fails it", () => {
		const peer = make();
		refuse(peer, MOVED, "10.0.0.2");
		peer.connect();
		peer.socket.fail();
		peer.connect();
		expect(address(peer)).toBe("10.0.0.1:1883");
	});

	it("follows `redirects` times in a row, then comes back slowly; a stable connection begins anew", () => {
		const peer = make();
		refuse(peer, ANOTHER, "10.0.0.2");
		refuse(peer, ANOTHER, "10.0.0.3");
		expect(address(peer)).toBe("10.0.0.2:1883");
		refuse(peer, ANOTHER, "10.0.0.4");
		expect(address(peer)).toBe("10.0.0.3:1883");
		const before = peer.time.now;
		peer.online();
		expect([address(peer), peer.time.now - before > 100_000]).toEqual(["10.0.0.1:1883", true]);
		peer.time.run(31_000);
		peer.take();
		dismiss(peer, ANOTHER, "10.0.0.5");
		peer.connect();
		expect(address(peer)).toBe("10.0.0.5:1883");
	});

	it.each([
		["the options do not say so", { redirects: 0 }, "10.0.0.2"],
		["it names nobody", {}, ":"],
		["it says nothing", {}, undefined],
	])("stays where it is, slowly, where %s", (_title, options, reference) => {
		const peer = make(options);
		refuse(peer, MOVED, reference);
		const before = peer.time.now;
		peer.connect();
		expect([address(peer), peer.time.now - before > 100_000]).toEqual(["10.0.0.1:1883", true]);
	});
});
