// MQTT 3.1.1, section 3.6: PUBREL.

import { expect, it } from "vitest";
import { byteHex, expectBroken, hex, online, publish, wordHex } from "../../support/peer.js";

it("[MQTT-3.6.1-1] has the flags 0010, the first time and every other; any others close the connection", () => {
	const peer = online();
	const id = peer.client.publish("a", "x", { qos: 2 });
	peer.take();
	const expected = hex(`6202${wordHex(id)}`);
	peer.send({ cmd: "pubrec", messageId: id });
	expect(peer.frames()).toEqual([expected]);
	peer.socket.fail();
	peer.online(true);
	expect(peer.frames()).toEqual([expected]);
	peer.told();
	for (let flags = 0; flags < 16; flags += 1) {
		peer.send(publish("b", "y", 2, 7, flags > 0));
		peer.take();
		peer.told();
		if (flags === 2) continue;
		peer.send(`${byteHex(0x60 | flags)}02 0007`);
		expectBroken(peer, "51");
		peer.take();
	}
	// The message that none of these has released is released now.
	peer.send("6202 0007");
	expect(peer.hex()).toBe("70020007");
});
