// What no server may send, from the vectors: every one closes the connection with its code. Virtual time, a scripted peer.

import { describe, expect, it } from "vitest";
import { expectBroken, Peer } from "../../../support/peer.js";
import vectors from "../../../vectors/refused-by-client.json" with { type: "json" };

describe("what no server may send closes the connection, delivers nothing, and ends nothing else", () => {
	it.each(vectors.map(vector => [`[${vector.statement}] ${vector.name}: ${vector.hex}`, vector] as const))(
		"%s",
		(_title, vector) => {
			const peer = new Peer();
			if (vector.phase === "online") peer.online();
			else peer.connect();
			const kept = peer.client.publish("a", "kept", { qos: 1 });
			peer.take();
			peer.told();
			peer.send(vector.hex);
			expectBroken(peer, vector.code);
			expect(peer.brief()).toContainEqual(expect.stringMatching(new RegExp(`^publish a kept q1 d\\d r0 #${kept}$`)));
		},
	);
});
