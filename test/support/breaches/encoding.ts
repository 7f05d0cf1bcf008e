// What breaks the rules of encoding: text, integers, flags, lengths, properties, reasons, sizes. See conversation.ts.

import {
	type Breach,
	binary,
	bytes,
	type Conversation,
	four,
	type Part,
	PUBACK,
	PUBCOMP,
	PUBREC,
	PUBREL,
	packet,
	two,
} from "../watched.js";

/** Two bytes of which no character begins, and a surrogate. */
const ILL = binary(0xc0, 0xaf);
const SURROGATE = binary(0xed, 0xa0, 0x80);
const NUL = binary(0x61, 0x00);
const METHOD = bytes(21, "M");
const FORTY = "x".repeat(40);

/** Properties with their length before them. */
function block(...parts: Part[]): Uint8Array {
	const content = bytes(...parts);
	return bytes(content.length, content);
}

/** The client owes an acknowledgement with that first byte, of id 1, to a server that takes 40 bytes. */
function owing(talk: Conversation, first: number): Conversation {
	talk.online({ limits: bytes(39, four(40)) });
	if (first === PUBACK) return talk.serverPublish("a", 1);
	if (first === PUBREC) return talk.serverPublish("a", 2);
	if (first === PUBREL) return talk.publish("a", 2).serverAck(PUBREC, 1);
	return talk.serverPublish("a", 2).ack(PUBREC, 1).serverAck(PUBREL, 1);
}

const ACKS = [
	["PUBACK", PUBACK, "MQTT-3.4.2", 0x92],
	["PUBREC", PUBREC, "MQTT-3.5.2", 0x92],
	["PUBREL", PUBREL, "MQTT-3.6.2", 0x80],
	["PUBCOMP", PUBCOMP, "MQTT-3.7.2", 0x80],
] as const;

const acknowledgements: readonly Breach[] = ACKS.flatMap(([name, first, section, foreign]) => [
	{
		statement: ["", `${section}-1`],
		title: `a ${name} with a reason that is not in its table`,
		run: talk => owing(talk, first).ack(first, 1, foreign),
	},
	{
		statement: ["", `${section}-2`],
		title: `a ${name} that a Reason String makes too large`,
		run: talk => owing(talk, first).ack(first, 1, 0, block(31, FORTY)),
	},
	{
		statement: ["", `${section}-3`],
		title: `a ${name} that a User Property makes too large`,
		run: talk => owing(talk, first).ack(first, 1, 0, block(38, "a", FORTY)),
	},
]);

const connected = (...parts: Part[]) => ({
	run: (talk: Conversation) => talk.online().client(packet(parts[0] as number, ...parts.slice(1))),
});

export const textBreaches: readonly Breach[] = [
	{
		statement: ["MQTT-1.5.3-1", ""],
		title: "a protocol name that is no UTF-8",
		run: talk => talk.client(packet(0x10, binary(0x4d, 0xc0, 0xaf, 0x54), 4, 2, two(0), "c")),
	},
	{
		statement: ["", "MQTT-1.5.4-1"],
		title: "a Reason String with a surrogate",
		run: talk => talk.online().disconnect(0, block(31, SURROGATE)),
	},
	{
		statement: ["MQTT-1.5.3-2", "MQTT-1.5.4-2"],
		title: "a client id with a U+0000",
		run: talk => talk.connect({ clientId: NUL }),
	},
	{
		statement: ["§2.2.3", "MQTT-1.5.5-1"],
		title: "a remaining length in two bytes where one would do",
		run: talk => talk.online().client(Buffer.of(0xc0, 0x80, 0x00)),
	},
	{
		statement: ["§2.2.3", "§1.5.5"],
		title: "a remaining length of five bytes",
		run: talk => talk.online().client(Buffer.of(0xc0, 0x80, 0x80, 0x80, 0x80, 0x01), packet(0x82)),
	},
	{
		statement: "MQTT-3.3.2-1",
		title: "a topic name that is no UTF-8",
		run: talk => talk.online().publish(ILL, 0),
	},
	{
		statement: "MQTT-3.8.3-1",
		title: "a filter in SUBSCRIBE that is no UTF-8",
		run: talk => talk.online().subscribe(1, [ILL]),
	},
	{
		statement: "MQTT-3.10.3-1",
		title: "a filter in UNSUBSCRIBE that is no UTF-8",
		run: talk => talk.online().unsubscribe(1, [ILL]),
	},
];

export const packetBreaches: readonly Breach[] = [
	{ statement: ["§2.2.1", "§2.1.2"], title: "a packet of type 0", ...connected(0x00) },
	{ statement: ["§2.2.1", "§2.1.2"], title: "a packet that only servers send", ...connected(0xd0) },
	{ statement: ["§2.2.1", ""], title: "an AUTH in 3.1.1", ...connected(0xf0) },
	{ statement: ["§4.8", "§4.13.1"], title: "a PINGREQ with a body", ...connected(0xc0, 0) },
	{ statement: ["§4.8", "§4.13.1"], title: "a topic that reaches past the packet", ...connected(0x30, two(9), 0x61) },
	{ statement: ["MQTT-2.2.2-1", "MQTT-2.1.3-1"], title: "flags in a PINGREQ", ...connected(0xc1) },
	{
		statement: "MQTT-3.6.1-1",
		title: "a PUBREL without its flags",
		run: talk => talk.online().publish("a", 2).serverAck(PUBREC, 1).ack(0x60, 1),
	},
	{
		statement: "MQTT-3.8.1-1",
		title: "a SUBSCRIBE without its flags",
		run: talk => talk.online().client(packet(0x80, two(1), talk.block(), "a", 0)),
	},
	{
		statement: "MQTT-3.10.1-1",
		title: "an UNSUBSCRIBE without its flags",
		run: talk => talk.online().client(packet(0xa0, two(1), talk.block(), "a")),
	},
	{ statement: ["MQTT-2.2.2-1", "MQTT-3.14.1-1"], title: "flags in a DISCONNECT", ...connected(0xe1) },
	{
		statement: ["", "MQTT-3.15.1-1"],
		title: "flags in an AUTH",
		run: talk => talk.online({ properties: METHOD, limits: METHOD }).client(packet(0xf1, 0x19, talk.block(METHOD))),
	},
];

export const propertyBreaches: readonly Breach[] = [
	{
		statement: ["", "MQTT-1.5.7-1"],
		title: "a User Property whose name is no UTF-8",
		run: talk => talk.connect({ properties: bytes(38, ILL, "v") }),
	},
	{
		statement: ["", "MQTT-1.5.7-1"],
		title: "a User Property whose value has a U+0000",
		run: talk => talk.connect({ properties: bytes(38, "n", NUL) }),
	},
	{
		statement: ["", "MQTT-1.5.5-1"],
		title: "a Subscription Identifier in two bytes where one would do",
		run: talk => talk.online().subscribe(1, ["a"], 0, bytes(11, 0x81, 0x00)),
	},
	{
		statement: ["", "MQTT-2.2.2-1"],
		title: "a PUBLISH without Property Length",
		...connected(0x30, "a"),
	},
	...(
		[
			["an unknown property", bytes(99, 0)],
			["a property that is for CONNECT", bytes(33, two(1))],
			["a property twice", bytes(2, four(1), 2, four(1))],
			["a byte that is neither 0 nor 1", bytes(1, 2)],
		] as const
	).map(
		([title, properties]): Breach => ({
			statement: ["", "§2.2.2.2"],
			title: `${title} in a PUBLISH`,
			run: talk => talk.online().publish("a", 0, 0, { properties }),
		}),
	),
	{
		statement: ["", "§2.2.2.2"],
		title: "a Subscription Identifier twice in a SUBSCRIBE",
		run: talk => talk.online().subscribe(1, ["a"], 0, bytes(11, 1, 11, 2)),
	},
	{
		statement: ["", "§2.2.2.2"],
		title: "a Receive Maximum of 0",
		run: talk => talk.connect({ properties: bytes(33, two(0)) }),
	},
	{
		statement: ["", "MQTT-3.3.2-13"],
		title: "a Response Topic that is no UTF-8",
		run: talk => talk.online().publish("a", 0, 0, { properties: bytes(8, ILL) }),
	},
	{
		statement: ["", "MQTT-3.3.2-19"],
		title: "a Content Type that is no UTF-8",
		run: talk => talk.online().publish("a", 0, 0, { properties: bytes(3, ILL) }),
	},
];

export const reasonBreaches: readonly Breach[] = [
	...acknowledgements,
	{ statement: ["", "MQTT-3.14.2-1"], title: "a DISCONNECT with a reason of servers", ...connected(0xe0, 0x8d) },
	{
		statement: ["", "MQTT-3.15.2-1"],
		title: "an AUTH of a client that says Success",
		run: talk =>
			talk
				.connect({ properties: METHOD })
				.server(packet(0xf0, 0x18, block(METHOD)))
				.client(packet(0xf0, 0x00, block(METHOD))),
	},
	...(
		[
			["MQTT-3.14.2-3", 0xe0, 0x00, bytes(31, FORTY)],
			["MQTT-3.14.2-4", 0xe0, 0x00, bytes(38, "a", FORTY)],
			["MQTT-3.15.2-2", 0xf0, 0x19, bytes(METHOD, 31, FORTY)],
			["MQTT-3.15.2-3", 0xf0, 0x19, bytes(METHOD, 38, "a", FORTY)],
			["MQTT-3.2.2-15", 0xf0, 0x19, bytes(METHOD, 22, FORTY)],
		] as const
	).map(
		([statement, first, reason, properties]): Breach => ({
			statement: ["", statement],
			title: `a ${first === 0xe0 ? "DISCONNECT" : "AUTH"} that is too large, with property ${properties.at(-45) ?? properties[0]}`,
			run: talk =>
				talk
					.online({ properties: METHOD, limits: bytes(METHOD, 39, four(40)) })
					.client(packet(first, reason, block(properties))),
		}),
	),
];
