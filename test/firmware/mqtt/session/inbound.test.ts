// The receiver's side of QoS 0, 1 and 2 beyond the statements of the standard. Virtual time, a scripted peer.

import { describe, expect, it } from "vitest";
import { expectBroken, online, publish } from "../../../support/peer.js";

describe("PUBLISH from the server", () => {
	it("section 3.3.3: an empty payload is a message, at every QoS", () => {
		const peer = online();
		peer.send(publish("a", "", 0), publish("a", "", 1, 5), publish("a", "", 2, 6));
		expect(peer.told()).toEqual(["message a  0", "message a  1", "message a  2"]);
		expect(peer.brief()).toEqual(["puback #5", "pubrec #6"]);
	});

	it("section 3.2.2.2: without the session the old ids mean nothing", () => {
		const peer = online();
		peer.send(publish("a", "x", 2, 7));
		peer.socket.fail();
		peer.online(false);
		peer.told();
		peer.send(publish("a", "other", 2, 7));
		expect(peer.told()).toEqual(["message a other 2"]);
	});

	it("more QoS 2 messages open than there is room for: closes with a named error, and resumes", () => {
		const peer = online({ limits: { received: 2 } });
		peer.send(publish("a", "1", 2, 1), publish("a", "2", 2, 2));
		peer.told();
		peer.send(publish("a", "3", 2, 3));
		expectBroken(peer, "16");
	});
});
