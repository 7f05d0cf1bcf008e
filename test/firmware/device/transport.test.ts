// What a board's bytes go over: as its brokers are written, and nothing less.

import { describe, expect, it } from "vitest";
import { parseBrokers } from "../../../firmware/device/config.js";
import { type OwnCertificate, type TransportOptions, transportOf } from "../../../firmware/device/transport.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { chain, KnownSignatures } from "../../support/chains.js";
import { Listener, scripted } from "../../support/scripted.js";

class NoResolver {
	resolve(): void {}
	close(): void {}
}

const joined = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap(part => [...part]));

function make(broker: string, resources: Record<string, Uint8Array> = {}) {
	const { io, sockets } = scripted();
	const engines: (OwnCertificate | undefined)[] = [];
	const options: TransportOptions = {
		socket: io,
		resolver: NoResolver,
		clock: { now: () => 0, wall: () => 0 },
		random: new SeededRandom(1),
		signatures: new KnownSignatures(),
		engine(own) {
			engines.push(own);
			return () => ({
				handshakeProcess: -1,
				initiateHandshake() {},
				handshake: () => false,
				read: () => undefined,
				write() {},
				close() {},
			});
		},
		resource: name => resources[name],
	};
	const transport = transportOf(parseBrokers(broker), options);
	return { engines, io, sockets, transport };
}

const ca = { "ca.der": joined(...chain("authority", "other")) };

/** What is sent as soon as the socket stands. */
function begin({ sockets, transport }: ReturnType<typeof make>): string {
	const socket = new transport.socket(new Listener().options());
	sockets[0]!.open();
	expect(() => socket.write(new Uint8Array(1))).toThrow();
	return String.fromCharCode(...sockets[0]!.sent());
}

describe("the transport", () => {
	it("of mqtt:// is TCP as it is", () => {
		const { io, transport } = make("mqtt://h");
		expect(transport).toEqual({ socket: io, resolver: NoResolver });
	});

	it("of ws:// is a WebSocket at its path", () => {
		expect(begin(make("ws://h/broker"))).toMatch(/^GET \/broker HTTP/);
		expect(begin(make("ws://h"))).toMatch(/^GET \/mqtt HTTP/);
	});

	it("of mqtts:// and wss:// is TLS, and says nothing before that stands", () => {
		for (const broker of ["mqtts://h", "wss://h"]) {
			const made = make(broker, ca);
			expect(begin(made)).toBe("");
			expect(made.engines).toEqual([undefined]);
		}
	});

	it("shows the board's own certificate where there is one, with those behind it", () => {
		const own = { "cert.der": joined(...chain("deep", "between")), "key.der": new Uint8Array([1, 2]) };
		const { engines } = make("mqtts://h", { ...ca, ...own });
		expect(engines).toEqual([{ certificates: chain("deep", "between"), key: new Uint8Array([1, 2]) }]);
	});

	it.each<[string, Record<string, Uint8Array>, string]>([
		["nobody to trust", {}, "ca.der"],
		["an authority that is none", { "ca.der": new Uint8Array([1, 2, 3]) }, "ca.der"],
		["an authority that is no certificate", { "ca.der": new Uint8Array([0x30, 1, 0]) }, "ca.der"],
		["an empty authority", { "ca.der": new Uint8Array(0) }, "ca.der"],
		["a certificate without its key", { ...ca, "cert.der": chain("broker")[0]! }, "key.der"],
		["a key without its certificate", { ...ca, "key.der": new Uint8Array([1]) }, "cert.der"],
	])("with %s is misuse, for mqtts:// and wss://, and nothing for the others", (_, resources, named) => {
		for (const broker of ["mqtts://u:secret@h", "wss://u:secret@h"]) {
			expect(() => make(broker, resources)).toThrow(Misuse);
			expect(() => make(broker, resources)).toThrow(named);
			expect(() => make(broker, resources)).not.toThrow("secret");
		}
		make("mqtt://h", resources);
		make("ws://h", resources);
	});
});
