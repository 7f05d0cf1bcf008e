// The receiver's side of QoS 0, 1 and 2 beyond the statements of the standard. Virtual time, a scripted peer.

import { describe, expect, it } from "vitest";
import { expectBroken, online, packet, publish } from "../../../support/peer.js";

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

	describe("after a CONNECT that had no answer, which may have made a new session", () => {
		const unsure = () => {
			const peer = online();
			peer.send(publish("a", "1", 2, 1), publish("a", "2", 2, 2), publish("a", "3", 2, 3));
			peer.told();
			peer.socket.fail();
			peer.connect();
			peer.socket.fail();
			peer.online(true);
			peer.take();
			peer.told();
			return peer;
		};

		it("[MQTT-3.3.1-1] [MQTT-4.3.3-2] what is sent again is a repeat, what is not is new, and shows that no old id means anything", () => {
			const peer = unsure();
			peer.send(publish("a", "1", 2, 1, true));
			expect(peer.told()).toEqual([]);
			expect(peer.brief()).toEqual(["pubrec #1"]);
			peer.send(publish("a", "new", 2, 2));
			peer.send(publish("a", "other", 2, 3, true));
			expect(peer.told()).toEqual(["message a new 2", "message a other 2"]);
			expect(peer.brief()).toEqual(["pubrec #2", "pubrec #3"]);
			peer.send(publish("a", "new", 2, 2, true), publish("a", "new", 2, 2));
			expect(peer.told()).toEqual([]);
			peer.send(packet("62", "0002"), packet("62", "0003"));
			expect(peer.brief()).toEqual(["pubrec #2", "pubrec #2", "pubcomp #2", "pubcomp #3"]);
		});

		it("[MQTT-4.3.3-2] a server that has kept the session releases the old ids", () => {
			const peer = unsure();
			peer.send(packet("62", "0002"), packet("62", "0001"));
			expect(peer.brief()).toEqual(["pubcomp #2", "pubcomp #1"]);
			peer.send(publish("a", "next", 2, 2));
			expect(peer.told()).toEqual(["message a next 2"]);
			// That was no sign: the id was free.
			peer.send(publish("a", "3", 2, 3, true));
			expect(peer.told()).toEqual([]);
		});
	});

	it("[MQTT-4.3.3-2] where each CONNECT was answered a repeat is one, whether or not it says so", () => {
		const peer = online();
		peer.send(publish("a", "1", 2, 1));
		peer.socket.fail();
		peer.online(true);
		peer.told();
		peer.send(publish("a", "1", 2, 1));
		expect(peer.told()).toEqual([]);
	});

	it("more QoS 2 messages open than there is room for: closes with a named error, and resumes", () => {
		const peer = online({ limits: { received: 2 } });
		peer.send(publish("a", "1", 2, 1), publish("a", "2", 2, 2));
		peer.told();
		peer.send(publish("a", "3", 2, 3));
		expectBroken(peer, "16");
	});
});
