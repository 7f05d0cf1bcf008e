// A connection as frames: what TCP's rules ask of their numbers. What Wireshark says to them is in pcapng.test.ts.

import { describe, expect, it } from "vitest";
import { TcpConnection } from "../../../host-sim/record/tcp.js";

/** "client 49152>1883 SYN seq ack +length", with sequence numbers from 0 for each side. */
function describer() {
	const first: Record<number, number> = {};
	return (frame: Uint8Array) => {
		const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
		const [source, target] = [view.getUint16(34), view.getUint16(36)];
		const [seq, ack] = [view.getUint32(38), view.getUint32(42)];
		first[source] ??= seq;
		const flags = ["FIN", "SYN", "RST", "PSH", "ACK"].filter((_, i) => (frame[47]! & (1 << i)) !== 0);
		const data = frame.length - 34 - (frame[46]! >> 4) * 4;
		expect(view.getUint16(16)).toBe(frame.length - 14);
		const acked = flags.includes("ACK") ? ` ack ${(ack - first[target]!) >>> 0}` : "";
		return `${source}>${target} ${flags.join("+")} ${(seq - first[source]) >>> 0}${acked}${data > 0 ? ` +${data}` : ""}`;
	};
}

describe("TcpConnection", () => {
	it("shakes hands, numbers every byte, acknowledges what has come, and says goodbye both ways", () => {
		const connection = new TcpConnection(3, 0);
		const describeFrame = describer();
		const frames = [
			...connection.open(),
			...connection.send("client", new Uint8Array(20)),
			...connection.send("broker", new Uint8Array(4)),
			...connection.send("client", new Uint8Array(3000)),
			...connection.end("broker", "closed"),
		];
		expect(frames.map(describeFrame)).toEqual([
			"49152>1883 SYN 0",
			"1883>49152 SYN+ACK 0 ack 1",
			"49152>1883 ACK 1 ack 1",
			"49152>1883 PSH+ACK 1 ack 1 +20",
			"1883>49152 PSH+ACK 1 ack 21 +4",
			"49152>1883 ACK 21 ack 5 +1460",
			"49152>1883 ACK 1481 ack 5 +1460",
			"49152>1883 PSH+ACK 2941 ack 5 +80",
			"1883>49152 FIN+ACK 5 ack 3021",
			"49152>1883 FIN+ACK 3021 ack 6",
			"1883>49152 ACK 6 ack 3022",
		]);
	});

	it("a reset is one frame, of who has cut it", () => {
		const connection = new TcpConnection(1, 2);
		const describeFrame = describer();
		const frames = [...connection.open(), ...connection.end("client", "reset")];
		expect(frames.map(describeFrame).at(-1)).toBe("49154>1883 RST+ACK 1 ack 1");
	});

	it("sequence numbers go over their end, and begin elsewhere for each connection", () => {
		const starts = new Set<number>();
		let hasWrapped = false;
		for (let turn = 0; turn < 3000; turn += 1) {
			const connection = new TcpConnection(7, turn);
			const [syn] = connection.open();
			const first = Buffer.from(syn!).readUInt32BE(38);
			starts.add(first);
			if (first < 0xffff_ffff - 4_000_000) continue;
			hasWrapped = true;
			const frames = connection.send("client", new Uint8Array(4_100_000));
			const last = Buffer.from(frames.at(-1)!);
			expect(last.readUInt32BE(38) + last.length - 54).toBe((first + 1 + 4_100_000) % 2 ** 32);
		}
		expect(hasWrapped).toBe(true);
		expect(starts.size).toBeGreaterThan(2990);
	});
});
