// What no server may send, from the vectors: every one closes the connection with its code; and what waits for what.
// Virtual time, a scripted peer.

import { describe, expect, it } from "vitest";
import { arm, DRAIN, isArmed, RECONNECT } from "../../../../firmware/mqtt/deadline.js";
import { handleLinkDown, requestClose } from "../../../../firmware/mqtt/session/dispatch.js";
import { WAITS } from "../../../../firmware/mqtt/words.js";
import { expectBroken, Peer } from "../../../support/peer.js";
import { makeOnline } from "../../../support/session.js";
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

describe("deadlines go with their link", () => {
	const all = Array.from({ length: WAITS }, (_, kind) => kind);

	it("but drain() outlives it, and the next attempt has its time", () => {
		const session = makeOnline();
		for (const kind of all) arm(session, kind, 5);
		handleLinkDown(session, 0x38);
		expect(all.filter(kind => isArmed(session, kind))).toEqual([DRAIN, RECONNECT]);
	});

	it("and all of them with the client", () => {
		const session = makeOnline();
		for (const kind of all) arm(session, kind, 5);
		requestClose(session, 0x19);
		expect(all.filter(kind => isArmed(session, kind))).toEqual([]);
	});
});
