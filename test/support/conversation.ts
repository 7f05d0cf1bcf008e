// A conversation in which the client has to send every packet that a client sends, and what it sent.

import { QOS_1, QOS_2 } from "../../firmware/mqtt/client.js";
import { Peer, publish, utf8 } from "./peer.js";

export interface Conversation {
	/** The bytes of each packet, from CONNECT to DISCONNECT. */
	readonly sent: Buffer[];
	/** Tickets of a message of QoS 1 and one of QoS 2. */
	readonly tickets: readonly [number, number];
}

/** The server's messages have the ids 0x0101 and 0x0202. */
export function conversation(protocolVersion: 4 | 5): Conversation {
	const peer = new Peer({ protocolVersion, will: { topic: "w", payload: "gone" }, keepAlive: 10 });
	const sent: Buffer[] = [];
	const take = () => {
		const frames = peer.frames();
		sent.push(...frames);
		return frames;
	};
	peer.client.open();
	peer.time.step();
	peer.socket.allow(100_000);
	peer.send({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false });
	const handle = peer.client.subscribe("a/#", () => {}, { qos: 2 });
	const subscribe = take().at(-1)!;
	peer.send({ cmd: "suback", messageId: subscribe.readUInt16BE(2), granted: [2] });
	const topic = peer.client.topic("a/b");
	peer.client.publish(topic, utf8("x"), 1, 0);
	const tickets = [
		peer.client.publish(topic, utf8("x"), 1, QOS_1),
		peer.client.publish(topic, utf8("x"), 1, QOS_2),
	] as const;
	peer.send({ cmd: "puback", messageId: tickets[0] }, { cmd: "pubrec", messageId: tickets[1] });
	peer.send({ cmd: "pubcomp", messageId: tickets[1] });
	peer.send(publish("a/b", "y", 1, 0x0101), publish("a/b", "z", 2, 0x0202), { cmd: "pubrel", messageId: 0x0202 });
	peer.time.run(9000);
	peer.client.unsubscribe(handle);
	const unsubscribe = take().at(-1)!;
	peer.send({ cmd: "unsuback", messageId: unsubscribe.readUInt16BE(2), granted: [0] });
	peer.client.close();
	take();
	return { sent, tickets };
}
