// What breaks the rules of CONNECT, of authentication, of silence and of the end. See conversation.ts.

import { type Breach, binary, bytes, type ConnectParts, four, type Part, packet, two } from "../watched.js";

const ILL = binary(0xc0, 0xaf);
const METHOD = bytes(21, "M");

/** Properties with their length before them. */
function block(...parts: Part[]): Uint8Array {
	const content = bytes(...parts);
	return bytes(content.length, content);
}

function connect(statement: Breach["statement"], title: string, parts: ConnectParts): Breach {
	return { statement, title, run: talk => talk.connect(parts) };
}

/** The same with a will, whose properties only 5.0 has. */
function will(statement: Breach["statement"], title: string, topic: Part, flags = 4): Breach {
	return {
		statement,
		title,
		run: talk => talk.connect({ flags, more: [talk.block(), topic, "gone"] }),
	};
}

/** The server sends something that the client has to close for, and it stays. */
function staying(statement: Breach["statement"], title: string, ...frame: Part[]): Breach {
	return {
		statement,
		title: `${title}, and the client stays`,
		run: talk =>
			talk
				.online()
				.server(packet(frame[0] as number, ...frame.slice(1)))
				.wait(10_001),
	};
}

/** Packets where they have no place. */
export const placeBreaches: readonly Breach[] = [
	{
		statement: "MQTT-3.1.0-1",
		title: "a PINGREQ before CONNECT",
		run: talk => talk.client(packet(0xc0)),
	},
	{ statement: "MQTT-3.1.0-2", title: "a second CONNECT", run: talk => talk.online().connect() },
	{
		statement: ["MQTT-3.14.4-2", "MQTT-3.14.4-1"],
		title: "a PINGREQ after DISCONNECT",
		run: talk => talk.online().disconnect().client(packet(0xc0)),
	},
	{
		statement: ["", "§3.14.2.2.2"],
		title: "a Session Expiry Interval in DISCONNECT where CONNECT had none",
		run: talk => talk.online().disconnect(0, block(17, four(60))),
	},
];

export const connectBreaches: readonly Breach[] = [
	{
		statement: "MQTT-3.1.2-1",
		title: "a protocol of another name",
		run: talk => talk.client(packet(0x10, "MQTX", talk.five ? 5 : 4, 2, two(0), talk.block(), "c")),
	},
	{
		statement: "MQTT-3.1.2-2",
		title: "a protocol level that nobody knows",
		run: talk => talk.client(packet(0x10, "MQTT", talk.five ? 6 : 3, 2, two(0), "c")),
	},
	connect("MQTT-3.1.2-3", "the reserved flag", { flags: 1 }),
	connect("MQTT-3.1.2-9", "a will that does not follow", { flags: 4 }),
	{
		statement: "MQTT-3.1.2-9",
		title: "a will without a message",
		run: talk => talk.connect({ flags: 4, more: [talk.block(), "w"] }),
	},
	connect(["MQTT-3.1.2-11", ""], "a will that no flag announces", { more: ["w", "gone"] }),
	connect(["MQTT-3.1.2-13", "MQTT-3.1.2-11"], "Will QoS 1 without a will", { flags: 0x08 }),
	connect(["MQTT-3.1.2-15", "MQTT-3.1.2-13"], "Will Retain without a will", { flags: 0x20 }),
	will(["MQTT-3.1.2-14", "MQTT-3.1.2-12"], "Will QoS 3", "w", 0x1c),
	connect(["MQTT-3.1.2-18", "MQTT-3.1.2-16"], "a user name that no flag announces", { more: ["u"] }),
	connect(["MQTT-3.1.2-19", "MQTT-3.1.2-17"], "a user name that does not follow", { flags: 0x80 }),
	connect(["MQTT-3.1.2-20", "MQTT-3.1.2-18"], "a password that no flag announces", { flags: 0x80, more: ["u", "p"] }),
	connect(["MQTT-3.1.2-21", "MQTT-3.1.2-19"], "a password that does not follow", { flags: 0xc0, more: ["u"] }),
	connect(["MQTT-3.1.2-22", ""], "a password without a user name", { flags: 0x40, more: ["p"] }),
	connect("MQTT-3.1.3-1", "one field more than there can be", { flags: 0xc0, more: ["u", "p", "w"] }),
	{
		statement: "MQTT-3.1.3-3",
		title: "no client id",
		run: talk => talk.client(packet(0x10, "MQTT", talk.five ? 5 : 4, 2, two(0), talk.block())),
	},
	connect("MQTT-3.1.3-4", "a client id that is no UTF-8", { clientId: ILL }),
	connect(["MQTT-3.1.3-7", ""], "an empty client id that wants its session kept", { clientId: "", clean: false }),
	will(["MQTT-3.1.3-10", "MQTT-3.1.3-11"], "a will topic that is no UTF-8", ILL),
	connect(["MQTT-3.1.3-11", "MQTT-3.1.3-12"], "a user name that is no UTF-8", { flags: 0x80, more: [ILL] }),
	will(["MQTT-4.7.1-1", "MQTT-4.7.0-1"], "a wildcard in a will topic", "w/#"),
	will("MQTT-4.7.3-1", "an empty will topic", ""),
	will("MQTT-4.7.3-2", "a U+0000 in a will topic", binary(0x61, 0)),
	{
		statement: ["", "MQTT-3.3.2-14"],
		title: "a wildcard in a will's Response Topic",
		run: talk => talk.connect({ flags: 4, more: [block(8, "re/+"), "w", "gone"] }),
	},
];

export const livenessBreaches: readonly Breach[] = [
	{
		statement: ["MQTT-3.1.2-23", "MQTT-3.1.2-20"],
		title: "silence for longer than the keep alive",
		run: talk => talk.online({ keepAlive: 10 }).wait(11_000).wait(1).wait(5000),
	},
	{
		statement: ["MQTT-3.1.2-23", "MQTT-3.1.2-20"],
		title: "silence until the server says something",
		run: talk => talk.online({ keepAlive: 10 }).pass(11_001).server(packet(0xd0)),
	},
	{
		statement: ["MQTT-3.1.2-23", "MQTT-3.1.2-20"],
		title: "silence until the end",
		run: talk => talk.online({ keepAlive: 10 }).pass(11_001).cut(),
	},
	{
		statement: ["", "MQTT-3.2.2-21"],
		title: "silence for longer than the Server Keep Alive",
		run: talk => talk.online({ keepAlive: 60, limits: bytes(19, two(10)) }).wait(11_001),
	},
	{
		statement: ["MQTT-3.14.4-1", "MQTT-3.14.4-2"],
		title: "a connection that stays open after DISCONNECT",
		run: talk => talk.online().disconnect().wait(10_000).wait(1),
	},
	staying(["MQTT-4.8.0-1", "MQTT-4.13.2-1"], "a packet of type 0", 0x00),
	staying(["MQTT-4.8.0-1", "MQTT-4.13.2-1"], "a second CONNACK", 0x20, 0, 0),
	staying(["MQTT-2.2.2-2", "MQTT-4.13.2-1"], "flags in a PINGRESP", 0xd1),
	staying(["MQTT-1.5.3-1", "MQTT-4.13.2-1"], "a topic that is no UTF-8", 0x30, ILL, 0),
	staying(["MQTT-1.5.3-2", "MQTT-4.13.2-1"], "a topic with a U+0000", 0x30, binary(0x61, 0), 0),
	staying(["MQTT-3.3.1-4", "MQTT-4.13.2-1"], "a PUBLISH at QoS 3", 0x36, "a", two(1), 0),
];

/** Told of a session that it has none of. */
export const sessionBreaches: readonly Breach[] = [
	{
		statement: ["MQTT-4.8.0-1", "MQTT-3.2.2-4"],
		title: "Session Present 1 after a clean start, and the client stays",
		run: talk => talk.online({ present: true }).wait(10_001),
	},
	{
		statement: ["", "MQTT-3.2.2-4"],
		title: "Session Present 1 to a session that ended with a DISCONNECT, and the client stays",
		run: talk =>
			talk
				.online({ clean: false })
				.disconnect(0, block(17, four(0)))
				.cut()
				.online({ clean: false, present: true })
				.wait(10_001),
	},
	{
		statement: ["", "MQTT-3.2.2-4"],
		title: "Session Present 1 to a session that ended with its connection, and the client stays",
		run: talk => talk.online().cut().online({ clean: false, properties: bytes(), present: true }).wait(10_001),
	},
];

export const authenticationBreaches: readonly Breach[] = [
	{
		statement: ["", "MQTT-3.1.2-30"],
		title: "a PUBLISH before CONNACK, while authentication goes on",
		run: talk => talk.connect({ properties: METHOD }).publish("a", 0),
	},
	{
		statement: ["", "MQTT-4.12.0-7"],
		title: "an AUTH that no method was named for",
		run: talk => talk.online().client(packet(0xf0, 0x19, block(METHOD))),
	},
	{
		statement: ["", "MQTT-4.12.0-5"],
		title: "an AUTH with another method",
		run: talk =>
			talk
				.connect({ properties: METHOD })
				.server(packet(0xf0, 0x18, block(METHOD)))
				.client(packet(0xf0, 0x18, block(21, "N"))),
	},
	{
		statement: ["", "MQTT-4.12.1-1"],
		title: "an authentication once more with another method",
		run: talk => talk.online({ properties: METHOD, limits: METHOD }).client(packet(0xf0, 0x19, block(21, "N"))),
	},
	{
		statement: ["", "MQTT-4.12.0-3"],
		title: "an AUTH of the server that is answered by a new beginning",
		run: talk =>
			talk
				.connect({ properties: METHOD })
				.server(packet(0xf0, 0x18, block(METHOD)))
				.client(packet(0xf0, 0x19, block(METHOD))),
	},
	{
		statement: ["", "MQTT-4.12.0-3"],
		title: "an AUTH of the server that is never answered",
		run: talk =>
			talk
				.connect({ properties: METHOD })
				.server(packet(0xf0, 0x18, block(METHOD)))
				.wait(30_001),
	},
	{
		statement: ["", "§4.12"],
		title: "an AUTH out of turn",
		run: talk => talk.connect({ properties: METHOD }).client(packet(0xf0, 0x18, block(METHOD))),
	},
	{
		statement: ["", "§3.1.2.11.10"],
		title: "Authentication Data without a method",
		run: talk => talk.connect({ properties: bytes(22, binary(1)) }),
	},
];
