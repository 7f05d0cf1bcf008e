// Bytes come through a gate in portions, and stop while somebody has not read.

import { describe, expect, it } from "vitest";
import type { Socket, SocketOptions } from "../../../firmware/io.js";
import { Gate } from "../../../firmware/optional/gate.js";
import { ScriptedSocket } from "../../support/peer.js";

function make(most = Number.POSITIVE_INFINITY) {
	const reader = {
		portion: 4,
		holds: false,
		poked: 0,
		poke() {
			reader.poked += 1;
		},
	};
	const heard: string[] = [];
	let socket!: ScriptedSocket;
	const given: SocketOptions = {
		address: "10.0.0.1",
		port: 1883,
		target: "client",
		onReadable(this: Socket, count: number) {
			heard.push(`readable ${count}`);
			const length = Math.min(count, most);
			if (length > 0) this.read(new Uint8Array(length));
		},
		onWritable: count => void heard.push(`writable ${count}`),
		onError: () => void heard.push("error"),
	};
	class Inner extends ScriptedSocket {
		constructor(options: SocketOptions) {
			super(options);
			socket = this;
		}
	}
	const gate = new Gate(given, reader, { io: Inner, nodelay: false }, "broker.lan");
	return { gate, heard, reader, socket };
}

describe("a gate", () => {
	it("hands over what arrives, no more than a portion at once", () => {
		const { gate, heard, socket } = make();
		socket.deliver(new Uint8Array(10));
		expect(heard).toEqual(["readable 4", "readable 4", "readable 2"]);
		expect(gate.reads).toBe(3);
	});

	it("offers nothing while somebody holds, and the rest when asked to", () => {
		const { gate, heard, reader, socket } = make();
		reader.holds = true;
		socket.deliver(new Uint8Array(3));
		gate.offer();
		expect(heard).toEqual([]);
		reader.holds = false;
		gate.offer();
		expect(heard).toEqual(["readable 3"]);
		gate.offer();
		expect(heard).toEqual(["readable 3"]);
	});

	it("does not turn in circles where nothing is read, and wants to be asked again when it is", () => {
		const { gate, heard, reader, socket } = make(0);
		socket.deliver(new Uint8Array(9));
		expect(heard).toEqual(["readable 4"]);
		expect(reader.poked).toBe(0);
		gate.read(new Uint8Array(4));
		expect(reader.poked).toBe(1);
		gate.offer();
		expect(heard).toEqual(["readable 4", "readable 4"]);
	});

	it("passes on room, errors, the name of the host and the options of its own", () => {
		const { gate, heard, reader, socket } = make();
		socket.allow(9);
		socket.fail();
		expect(heard).toEqual(["writable 9", "error"]);
		expect(reader.poked).toBe(1);
		expect(gate.write(new Uint8Array(2))).toBe(7);
		expect(gate.target).toBe("client");
		expect(socket.options).toMatchObject({ host: "broker.lan", address: "10.0.0.1", port: 1883, nodelay: false });
	});

	it("offers nothing when it is closed", () => {
		const { gate, heard, reader, socket } = make();
		reader.holds = true;
		socket.deliver(new Uint8Array(3));
		gate.close();
		reader.holds = false;
		gate.offer();
		expect(heard).toEqual([]);
		expect(socket.closed).toBe(true);
	});
});
