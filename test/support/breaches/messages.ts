// What breaks the rules of messages: packet ids, DUP, sending again, order, limits, topics, subscriptions, answers. See
// conversation.ts.

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

/** A session that outlives its connection. */
const kept = (talk: Conversation, limits?: Part) =>
	talk.online({ clean: false, ...(limits !== undefined && { limits }) });

const dup = { dup: true };

function subscribe(statement: Breach["statement"], filter: Part, options = 0, limits?: Part): Breach {
	const what = typeof filter === "string" ? `"${filter}"` : "a filter of bytes";
	return {
		statement,
		title: `SUBSCRIBE to ${what} with options ${options}${limits === undefined ? "" : ", to a server that takes none"}`,
		run: talk => talk.online(limits === undefined ? {} : { limits }).subscribe(1, [filter], options),
	};
}

function publish(
	statement: Breach["statement"],
	title: string,
	parts: { topic?: Part; qos?: number; retain?: boolean; properties?: Part; limits?: Part },
): Breach {
	const { topic = "a", qos = 0, limits, ...more } = parts;
	return {
		statement,
		title: `a PUBLISH with ${title}`,
		run: talk => talk.online(limits === undefined ? {} : { limits }).publish(topic, qos, 1, more),
	};
}

/** The client never answers, and the connection lives on. */
function unanswered(statement: Breach["statement"], title: string, run: (talk: Conversation) => Conversation): Breach {
	return { statement, title: `${title} that never comes`, run: talk => run(talk).wait(30_000).wait(1).wait(1) };
}

export const idBreaches: readonly Breach[] = [
	{
		statement: ["MQTT-2.3.1-1", "MQTT-2.2.1-3"],
		title: "a PUBLISH with packet id 0",
		run: talk => talk.online().publish("a", 1, 0),
	},
	{
		statement: ["MQTT-2.3.1-1", "MQTT-2.2.1-3"],
		title: "a SUBSCRIBE with packet id 0",
		run: talk => talk.online().subscribe(0, ["a"]),
	},
	{
		statement: ["MQTT-2.3.1-2", "MQTT-2.2.1-3"],
		title: "an UNSUBSCRIBE with the id of a SUBSCRIBE",
		run: talk => talk.online().subscribe(1, ["a"]).unsubscribe(1, ["a"]),
	},
	{
		statement: ["MQTT-2.3.1-2", "MQTT-4.3.2-1"],
		title: "a new message at QoS 1 with an id in use",
		run: talk => talk.online().publish("a", 1, 1).publish("b", 1, 1),
	},
	{
		statement: ["MQTT-2.3.1-2", "MQTT-4.3.3-1"],
		title: "a new message at QoS 2 with an id whose PUBCOMP has not come",
		run: talk => talk.online().publish("a", 2).serverAck(PUBREC, 1).ack(PUBREL, 1).publish("b", 2),
	},
	{
		statement: ["MQTT-2.3.1-2", "MQTT-4.3.2-1"],
		title: "a new message with the id of one that went out before CONNACK",
		run: talk => talk.connect().publish("a", 1, 1).server(talk.connackBytes()).publish("b", 1, 1),
	},
	{
		statement: ["MQTT-2.3.1-2", "MQTT-4.3.2-1"],
		title: "a new message with the id of a SUBSCRIBE",
		run: talk => talk.online().subscribe(1, ["a"]).publish("a", 1, 1),
	},
	{
		statement: ["MQTT-2.3.1-6", "MQTT-2.2.1-5"],
		title: "a PUBACK of an id that nothing has",
		run: talk => talk.online().serverPublish("a", 1, 5).ack(PUBACK, 5).ack(PUBACK, 6),
	},
	{
		statement: ["MQTT-2.3.1-6", "MQTT-2.2.1-5"],
		title: "a PUBREL of an id that nothing has",
		run: talk => talk.online().ack(PUBREL, 6),
	},
];

export const againBreaches: readonly Breach[] = [
	{
		statement: ["MQTT-3.3.1-1", "MQTT-4.3.2-1"],
		title:
			"on a live connection the same once more without DUP: sent again in 3.1.1, in 5.0 a new one with an id in use",
		run: talk => talk.online().publish("a", 1).publish("a", 1),
	},
	{
		statement: "MQTT-3.3.1-1",
		title: "a message of a session with an id from the server, sent again without DUP",
		run: talk => {
			const session = { clean: false, properties: talk.five ? bytes(17, four(60)) : bytes() };
			const given = talk.five ? "s-1" : "c";
			talk.online({ ...session, clientId: talk.five ? "" : "c", limits: talk.five ? bytes(18, given) : bytes() });
			talk
				.publish("a", 1)
				.cut()
				.online({ ...session, clientId: given, present: true })
				.publish("a", 1);
		},
	},
	{
		statement: ["MQTT-4.3.2-1", "MQTT-4.3.2-2"],
		title: "DUP at the first time, in a session that goes on",
		run: talk => kept(talk).resume().publish("a", 1, 1, dup),
	},
	{
		statement: ["", "MQTT-4.4.0-1"],
		title: "a PUBREL sent again after its PUBCOMP",
		run: talk => talk.online().publish("a", 2).serverAck(PUBREC, 1).ack(PUBREL, 1).serverAck(PUBCOMP, 1).ack(PUBREL, 1),
	},
	{ statement: "MQTT-3.3.1-2", title: "DUP at QoS 0", run: talk => talk.online().publish("a", 0, 0, dup) },
	{
		statement: "MQTT-3.3.1-1",
		title: "a message sent again without DUP",
		run: talk => kept(talk).publish("a", 1).resume().publish("a", 1),
	},
	{
		statement: ["MQTT-4.3.2-1", "MQTT-4.3.2-2"],
		title: "DUP at the first time, at QoS 1",
		run: talk => talk.online().publish("a", 1, 1, dup),
	},
	{
		statement: ["MQTT-4.3.3-1", "MQTT-4.3.3-2"],
		title: "DUP at the first time, at QoS 2",
		run: talk => talk.online().publish("a", 2, 1, dup),
	},
	{
		statement: ["", "MQTT-4.4.0-1"],
		title: "a PUBLISH sent again on a live connection",
		run: talk => talk.online().publish("a", 1).publish("a", 1, 1, dup),
	},
	{
		statement: ["", "MQTT-4.4.0-1"],
		title: "a PUBREL sent again on a live connection",
		run: talk => talk.online().publish("a", 2).serverAck(PUBREC, 1).ack(PUBREL, 1).ack(PUBREL, 1),
	},
	{
		statement: ["MQTT-2.3.1-3", "MQTT-4.4.0-1"],
		title: "a message sent again under another id",
		run: talk => kept(talk).publish("a", 1, 1).resume().publish("a", 1, 2, dup).wait(30_001),
	},
	{
		statement: "MQTT-4.4.0-1",
		title: "a PUBLISH not sent again when the session goes on",
		run: talk => kept(talk).publish("a", 1).resume().wait(30_000).wait(1).wait(1),
	},
	{
		statement: "MQTT-4.4.0-1",
		title: "a PUBREL not sent again when the session goes on",
		run: talk => kept(talk).publish("a", 2).serverAck(PUBREC, 1).ack(PUBREL, 1).resume().wait(30_001),
	},
	{
		statement: ["", "MQTT-4.3.3-7"],
		title: "a message at QoS 2 that is not sent again since it has expired",
		run: talk =>
			kept(talk)
				.publish("a", 2, 1, { properties: bytes(2, four(5)) })
				.wait(6000)
				.resume()
				.wait(30_001),
	},
	{
		statement: ["", "MQTT-4.4.0-2"],
		title: "a message sent again that a PUBACK has refused",
		run: talk => kept(talk).publish("a", 1).serverAck(PUBACK, 1, 0x87).resume().publish("a", 1, 1, dup),
	},
	{
		statement: ["", "MQTT-4.4.0-2"],
		title: "a message sent again that a PUBREC has refused",
		run: talk => kept(talk).publish("a", 2).serverAck(PUBREC, 1, 0x97).publish("a", 2, 1, dup),
	},
	{
		statement: ["MQTT-4.3.3-1", "MQTT-4.3.3-6"],
		title: "a PUBLISH sent again after its PUBREL",
		run: talk => kept(talk).publish("a", 2).serverAck(PUBREC, 1).ack(PUBREL, 1).resume().publish("a", 2, 1, dup),
	},
	{
		statement: ["MQTT-4.3.3-1", "MQTT-4.3.3-4"],
		title: "a PUBREL before PUBREC",
		run: talk => talk.online().publish("a", 2).ack(PUBREL, 1),
	},
	{
		statement: ["", "MQTT-4.3.3-4"],
		title: "a PUBREL after a PUBREC that refused",
		run: talk => talk.online().publish("a", 2).serverAck(PUBREC, 1, 0x80).ack(PUBREL, 1),
	},
	{
		statement: "MQTT-4.6.0-1",
		title: "messages sent again in another order",
		run: talk =>
			kept(talk).publish("a", 1, 1).publish("b", 2, 2).resume().publish("b", 2, 2, dup).publish("a", 1, 1, dup),
	},
	{
		statement: ["MQTT-3.1.2-6", "MQTT-3.1.2-4"],
		title: "a message of a former session sent again after a clean start",
		run: talk => kept(talk).publish("a", 1).cut().online().publish("a", 1, 1, dup),
	},
	{
		statement: ["MQTT-3.1.2-6", "MQTT-3.2.2-5"],
		title: "a message of a clean session sent again in the next",
		run: talk => talk.online().publish("a", 1).cut().online({ clean: false }).publish("a", 1, 1, dup),
	},
	{
		statement: ["", "MQTT-3.2.2-5"],
		title: "a PUBREL of a session that the server has lost",
		run: talk => kept(talk).publish("a", 2).serverAck(PUBREC, 1).resume({ present: false }).ack(PUBREL, 1),
	},
];

export const limitBreaches: readonly Breach[] = [
	publish("MQTT-3.3.1-4", "both QoS bits", { qos: 3 }),
	publish(["", "MQTT-3.3.4-6"], "a Subscription Identifier", { properties: bytes(11, 1) }),
	publish(["", "MQTT-3.3.2-8"], "Topic Alias 0", { properties: bytes(35, two(0)), limits: bytes(34, two(5)) }),
	publish(["", "MQTT-3.3.2-9"], "a Topic Alias above the maximum", {
		properties: bytes(35, two(6)),
		limits: bytes(34, two(5)),
	}),
	publish(["", "MQTT-3.2.2-18"], "a Topic Alias where none is taken", { properties: bytes(35, two(1)) }),
	publish(["", "§3.3.2.3.4"], "a Topic Alias that nothing was said of", {
		topic: "",
		properties: bytes(35, two(1)),
		limits: bytes(34, two(5)),
	}),
	{
		statement: ["", "MQTT-3.3.2-7"],
		title: "a Topic Alias of the last connection",
		run: talk =>
			kept(talk, bytes(34, two(5)))
				.publish("a", 0, 0, { properties: bytes(35, two(1)) })
				.resume({ limits: bytes(34, two(5)) })
				.publish("", 0, 0, { properties: bytes(35, two(1)) }),
	},
	{
		statement: ["", "MQTT-3.3.2-10"],
		title: "a client that leaves for a Topic Alias within what it takes",
		run: talk =>
			talk
				.online({ properties: bytes(34, two(5)) })
				.serverPublish("a", 0, 0, { properties: bytes(35, two(5)) })
				.disconnect(0x94),
	},
	publish(["", "MQTT-3.2.2-11"], "QoS 2 where 1 is the most", { qos: 2, limits: bytes(36, 1) }),
	publish(["", "MQTT-3.2.2-14"], "RETAIN where nothing is retained", { retain: true, limits: bytes(37, 0) }),
	publish(["", "MQTT-3.2.2-15"], "more bytes than the server takes", {
		topic: "x".repeat(40),
		limits: bytes(39, four(40)),
	}),
	{
		statement: ["", "MQTT-3.3.4-7"],
		title: "more messages at once than the server takes",
		run: talk =>
			talk
				.online({ limits: bytes(33, two(2)) })
				.publish("a", 1, 1)
				.publish("a", 2, 2)
				.serverAck(PUBREC, 2)
				.ack(PUBREL, 2)
				.publish("a", 1, 3),
	},
];

export const answerBreaches: readonly Breach[] = [
	{
		statement: "MQTT-3.3.4-1",
		title: "a PUBREC for QoS 1",
		run: talk => talk.online().serverPublish("a", 1, 5).ack(PUBREC, 5).wait(30_001),
	},
	{
		statement: "MQTT-3.3.4-1",
		title: "a PUBACK for QoS 2",
		run: talk => talk.online().serverPublish("a", 2, 5).ack(PUBACK, 5).wait(30_001),
	},
	unanswered(["MQTT-4.3.2-2", "MQTT-4.3.2-4"], "a PUBACK", talk => talk.online().serverPublish("a", 1)),
	unanswered(["MQTT-4.3.3-2", "MQTT-4.3.3-8"], "a PUBREC", talk => talk.online().serverPublish("a", 2)),
	unanswered(["MQTT-4.3.3-2", "MQTT-4.3.3-10"], "a second PUBREC", talk =>
		kept(talk).serverPublish("a", 2).ack(PUBREC, 1).resume().serverPublish("a", 2, 1, dup),
	),
	unanswered(["MQTT-4.3.3-1", "MQTT-4.3.3-4"], "a PUBREL", talk => talk.online().publish("a", 2).serverAck(PUBREC, 1)),
	unanswered(["MQTT-4.3.3-2", "MQTT-4.3.3-11"], "a PUBCOMP", talk =>
		talk.online().serverPublish("a", 2).ack(PUBREC, 1).serverAck(PUBREL, 1),
	),
	unanswered(["", "MQTT-4.3.3-13"], "a PUBCOMP of a message that has expired", talk =>
		talk
			.online()
			.serverPublish("a", 2, 1, { properties: bytes(2, four(5)) })
			.ack(PUBREC, 1)
			.wait(6000)
			.serverAck(PUBREL, 1),
	),
	unanswered(["", "MQTT-4.3.2-4"], "a PUBACK that was due before the server took no more messages", talk =>
		talk
			.online({ limits: bytes(33, two(1)) })
			.serverPublish("a", 1, 7)
			.pass(1)
			.publish("a", 1, 1),
	),
	unanswered(["", "MQTT-4.9.0-3"], "a PUBACK while the server takes no more messages", talk =>
		talk
			.online({ limits: bytes(33, two(1)) })
			.publish("a", 1, 1)
			.serverPublish("a", 1, 7),
	),
	{
		statement: "MQTT-4.6.0-2",
		title: "PUBACKs in another order",
		run: talk => talk.online().serverPublish("a", 1, 1).serverPublish("a", 1, 2).ack(PUBACK, 2).ack(PUBACK, 1),
	},
	{
		statement: "MQTT-4.6.0-3",
		title: "PUBRECs in another order",
		run: talk => talk.online().serverPublish("a", 2, 1).serverPublish("a", 2, 2).ack(PUBREC, 2).ack(PUBREC, 1),
	},
	{
		statement: "MQTT-4.6.0-4",
		title: "PUBRELs in another order",
		run: talk =>
			talk
				.online()
				.publish("a", 2, 1)
				.publish("a", 2, 2)
				.serverAck(PUBREC, 1)
				.serverAck(PUBREC, 2)
				.ack(PUBREL, 2)
				.ack(PUBREL, 1),
	},
	{
		statement: "MQTT-4.6.0-4",
		title: "PUBRELs sent again in another order",
		run: talk =>
			kept(talk)
				.publish("a", 2, 1)
				.publish("a", 2, 2)
				.serverAck(PUBREC, 2)
				.serverAck(PUBREC, 1)
				.ack(PUBREL, 2)
				.ack(PUBREL, 1)
				.resume()
				.ack(PUBREL, 1)
				.ack(PUBREL, 2),
	},
];

export const topicBreaches: readonly Breach[] = [
	publish("MQTT-3.3.2-2", "a # in its topic", { topic: "a/#" }),
	publish("MQTT-3.3.2-2", "a + in its topic", { topic: "a+" }),
	publish("MQTT-4.7.3-1", "an empty topic", { topic: "" }),
	publish("MQTT-4.7.3-2", "a U+0000 in its topic", { topic: binary(0x61, 0) }),
	publish(["", "MQTT-3.3.2-14"], "a wildcard in its Response Topic", { properties: bytes(8, "re/+") }),
	{
		statement: ["MQTT-3.8.3-3", "MQTT-3.8.3-2"],
		title: "a SUBSCRIBE without a filter",
		run: talk => talk.online().subscribe(1, []),
	},
	{
		statement: "MQTT-3.10.3-2",
		title: "an UNSUBSCRIBE without a filter",
		run: talk => talk.online().unsubscribe(1, []),
	},
	subscribe(["MQTT-3.8.3-4", "§3.8.3.1"], "a", 3),
	subscribe(["MQTT-3.8.3-4", "MQTT-3.8.3-5"], "a", 0x40),
	subscribe(["", "§3.8.3.1"], "a", 0x30),
	subscribe(["", "MQTT-3.8.3-4"], "$share/g/a", 4),
	subscribe(["MQTT-4.7.1-2", "MQTT-4.7.1-1"], "a/#/b"),
	subscribe(["MQTT-4.7.1-2", "MQTT-4.7.1-1"], "a#"),
	subscribe(["MQTT-4.7.1-3", "MQTT-4.7.1-2"], "a/b+"),
	subscribe("MQTT-4.7.3-1", ""),
	subscribe("MQTT-4.7.3-2", binary(0x61, 0)),
	subscribe(["", "MQTT-4.8.2-1"], "$share//a"),
	subscribe(["", "MQTT-4.8.2-2"], "$share/g+/a"),
	subscribe(["", "MQTT-4.8.2-2"], "$share/g"),
	subscribe(["", "MQTT-4.8.2-2"], "$share/g/"),
	subscribe(["", "§3.2.2.3.11"], "a/+", 0, bytes(40, 0)),
	subscribe(["", "§3.2.2.3.13"], "$share/g/a", 0, bytes(42, 0)),
	{
		statement: ["", "§3.2.2.3.12"],
		title: "a Subscription Identifier where none is taken",
		run: talk => talk.online({ limits: bytes(41, 0) }).subscribe(1, ["a"], 0, bytes(11, 1)),
	},
	{
		statement: ["§4.8", "§4.13.1"],
		title: "a filter without options",
		run: talk => talk.online().client(packet(0x82, two(1), talk.block(), "a")),
	},
];
