// Filters, SUBSCRIBE and UNSUBSCRIBE, and their answers. Virtual time, a scripted peer.

import { describe, expect, it } from "vitest";
import { type Incoming, Misuse } from "../../../../firmware/mqtt/client.js";
import { expectBroken, online, type Peer, publish } from "../../../support/peer.js";

describe("subscriptions", () => {
	it("[MQTT-4.7.2-1] a leading wildcard does not match topics that begin with $", () => {
		const seen: string[] = [];
		const peer = online({ onMessage: (message: Incoming) => seen.push(`nobody ${message.topic}`) });
		peer.client.subscribe("#", message => seen.push(`# ${message.topic}`));
		peer.client.subscribe("+/monitor", message => seen.push(`+ ${message.topic}`));
		peer.client.subscribe("$SYS/#", message => seen.push(`$ ${message.topic}`));
		peer.send(publish("$SYS/monitor", "x"), publish("a/monitor", "x"), publish("$other", "x"));
		expect(seen).toEqual(["$ $SYS/monitor", "# a/monitor", "+ a/monitor", "nobody $other"]);
	});

	it("[MQTT-3.8.3-3] [MQTT-3.9.3-1] [MQTT-3.8.4-4] several filters in one SUBSCRIBE, one answer each, in order", () => {
		const peer = online();
		const handles = peer.client.subscribe(["a", "b", "c", "d"], () => {}, { qos: 2 });
		const [packet] = peer.take();
		peer.send({ cmd: "suback", messageId: packet!.messageId!, granted: [2, 0x80, 1, 0] });
		expect(peer.told()).toEqual([
			`subscribed ${handles[0]} 2`,
			`subscribed ${handles[1]} 128`,
			`subscribed ${handles[2]} 1`,
			`subscribed ${handles[3]} 0`,
		]);
	});

	it.each([
		["too few codes", "00"],
		["too many codes", "000000"],
		["[MQTT-3.9.3-2] a reserved code", "0003"],
		["no code", ""],
	])("[MQTT-3.9.3-1] a SUBACK that does not fit closes: %s", (_name, codes) => {
		const peer = online();
		peer.client.subscribe(["a", "b"], () => {});
		const id = peer.take()[0]!.messageId!;
		peer.send(
			`90 ${(2 + codes.length / 2).toString(16).padStart(2, "0")} ${id.toString(16).padStart(4, "0")} ${codes}`,
		);
		expect(peer.told()).toEqual([expect.stringMatching(/^offline (5a|56)$/)]);
	});

	it("SUBACK and UNSUBACK out of the blue, or with another id, close", () => {
		const peer = online();
		peer.send({ cmd: "suback", messageId: 5, granted: [0] });
		expectBroken(peer, "57");
		const handle = peer.client.subscribe("a", () => {});
		const id = peer.take()[0]!.messageId!;
		peer.send({ cmd: "unsuback", messageId: id, granted: [] });
		expect(peer.told()).toEqual(["offline 57"]);
		expect(handle).toBeGreaterThan(0);
	});

	it("[MQTT-3.10.4-1] UNSUBSCRIBE names the filter, and its UNSUBACK ends it", () => {
		const peer = online();
		const handle = peer.client.subscribe("a/+", () => {});
		peer.send({ cmd: "suback", messageId: peer.take()[0]!.messageId!, granted: [0] });
		peer.client.unsubscribe(handle);
		const [packet] = peer.take();
		expect(packet).toMatchObject({ cmd: "unsubscribe", unsubscriptions: ["a/+"] });
		peer.told();
		peer.send({ cmd: "unsuback", messageId: packet!.messageId!, granted: [] });
		expect(peer.told()).toEqual([`unsubscribed ${handle} 0`]);
		expect(() => peer.client.unsubscribe(handle)).toThrow(Misuse);
	});
});

describe("a session that may be a new one", () => {
	type End = "silence" | "link" | "refused" | "before";

	/** So ends the next attempt: no CONNACK in time, none before the link goes, one that refuses, or no link at all. */
	function fail(peer: Peer, end: End): void {
		const before = peer.sockets.length;
		if (end === "before") {
			peer.time.runUntil(() => peer.sockets.length > before);
			peer.socket.fail();
			return;
		}
		peer.connect();
		if (end === "silence") peer.time.run(500);
		else if (end === "link") peer.socket.fail();
		else peer.send({ cmd: "connack", returnCode: 3, reasonCode: 0x88, sessionPresent: false });
		expect(peer.socket.closed).toBe(true);
	}

	/** The first byte of a packet, and what of it can be read. */
	function printable(packet: Buffer): string {
		return `${packet.toString("hex", 0, 1)} ${packet.toString("latin1").replaceAll(/[^ -~]/g, ".")}`;
	}

	describe.each([4, 5] as const)("at version %s", protocolVersion => {
		const timeouts = { connackMs: 500, connectMs: 500 };

		/** What is asked for on the connection that follows attempts which end so, and whose Session Present is 1. */
		function asked(...ends: End[]): string {
			const peer = online({ protocolVersion, timeouts });
			peer.client.subscribe(["a", "b/#"], () => {}, { qos: 1 });
			peer.answer("0101");
			peer.socket.fail();
			for (const end of ends) fail(peer, end);
			peer.online(true);
			const request = peer.socket.written.length === 0 ? "" : printable(peer.answer("0101"));
			// That has made it sure.
			peer.socket.fail();
			peer.online(true);
			expect(peer.hex(), `${ends}`).toBe("");
			return request;
		}

		it("which a CONNECT without an answer may have begun, is asked for all subscriptions; after one refused it is not", () => {
			for (const end of ["silence", "link"] as const)
				for (const ends of [
					[end],
					["refused", end],
					[end, "refused"],
					[end, "before"],
					["before", end, end],
				] as End[][]) {
					const request = asked(...ends);
					expect(request, `${ends}`).toMatch(/^82 .*\.a\.\.\.b\/#\.$/);
				}
			for (const ends of [[], ["refused"], ["before"], ["refused", "before", "refused"]] as End[][])
				expect(asked(...ends), `${ends}`).toBe("");
		});

		it("is told to unsubscribe from what was to go, before and while nothing was sure", () => {
			const peer = online({ protocolVersion, timeouts });
			const handles = peer.client.subscribe(["gone", "going", "stays"], () => {});
			peer.answer("000000");
			peer.client.unsubscribe(handles[0]!);
			peer.socket.fail();
			fail(peer, "silence");
			peer.client.unsubscribe(handles[1]!);
			fail(peer, "link");
			peer.told();
			peer.online(true);
			const requests = [peer.answer("0000"), peer.answer("00")].map(printable);
			expect(requests[0]).toMatch(/^a2 .*\.gone\.\.going$/);
			expect(requests[1]).toMatch(/^82 .*\.stays\.$/);
			expect(peer.told()).toEqual([
				"online true",
				`unsubscribed ${handles[0]} 0`,
				`unsubscribed ${handles[1]} 0`,
				`subscribed ${handles[2]} 0`,
			]);
		});
	});
});
