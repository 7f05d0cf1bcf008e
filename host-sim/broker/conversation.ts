// What a client says once it is in: PUBLISH and its answers, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, and what we say to each.

import type { IPublishPacket, ISubscribePacket, IUnsubscribePacket, Packet } from "mqtt-packet";
import { checkTopicName, withUserProperties } from "./admission.js";
import { InboundAliases } from "./alias.js";
import type { Broker } from "./broker.js";
import type { UserProperty } from "./properties.js";
import {
	malformed,
	NO_MATCHING_SUBSCRIBERS,
	NO_SUBSCRIPTION_EXISTED,
	PACKET_ID_NOT_FOUND,
	PAYLOAD_FORMAT_INVALID,
	protocolError,
	QOS_NOT_SUPPORTED,
	RECEIVE_MAXIMUM_EXCEEDED,
	RETAIN_NOT_SUPPORTED,
	Refusal,
	SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
	SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
	SUCCESS,
	TOPIC_FILTER_INVALID,
	WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED,
} from "./reason.js";
import type { Session } from "./session.js";
import type { Terms } from "./terms.js";
import { hasWildcards, isShared, isTooDeep, isTopicFilter } from "./topic.js";

const utf8 = new TextDecoder("utf-8", { fatal: true });

export class Conversation {
	readonly #broker: Broker;
	readonly #session: Session;
	readonly #terms: Terms;
	readonly #send: (packet: Packet) => void;
	readonly #aliases: InboundAliases;
	/** Ids of QoS 2 messages that came on this connection and are not through: they take our Receive Maximum. */
	readonly #underWay = new Set<number>();

	constructor(broker: Broker, session: Session, terms: Terms, send: (packet: Packet) => void) {
		this.#broker = broker;
		this.#session = session;
		this.#terms = terms;
		this.#send = send;
		this.#aliases = new InboundAliases(terms.theirTopicAliasMaximum);
	}

	/** Throws a refusal where the connection has to end. */
	handle(packet: Packet, userProperties: readonly UserProperty[]): void {
		const session = this.#session;
		const id = packet.messageId ?? 0;
		switch (packet.cmd) {
			case "publish":
				return this.#handlePublish(packet, userProperties);
			case "puback":
				return expectFit(session.handlePuback(id));
			case "pubrec":
				return expectFit(session.handlePubrec(id, packet.reasonCode));
			case "pubrel": {
				this.#underWay.delete(id);
				const reasonCode = session.received.delete(id) ? SUCCESS : PACKET_ID_NOT_FOUND;
				return this.#send({ cmd: "pubcomp", messageId: id, reasonCode }); // [MQTT-4.3.3-11]
			}
			case "pubcomp":
				return expectFit(session.handlePubcomp(id));
			case "subscribe":
				return this.#handleSubscribe(packet);
			case "unsubscribe":
				return this.#handleUnsubscribe(packet);
			case "pingreq":
				return this.#send({ cmd: "pingresp" }); // [MQTT-3.12.4-1]
		}
		throw protocolError(`${packet.cmd} is not for a server`);
	}

	#handlePublish(packet: IPublishPacket, userProperties: readonly UserProperty[]): void {
		const { qos, messageId: id = 0, retain } = packet;
		const { limits } = this.#broker;
		const {
			topicAlias,
			userProperties: _unordered,
			subscriptionIdentifier: _ours,
			...properties
		} = packet.properties ?? {};
		const topic = this.#aliases.resolve(packet.topic, topicAlias);
		checkTopicName(topic);
		if (qos > limits.maximumQos) throw new Refusal(QOS_NOT_SUPPORTED, "QoS above the maximum"); // [MQTT-3.2.2-11]
		if (retain && !limits.retainAvailable) throw new Refusal(RETAIN_NOT_SUPPORTED, "a retained message"); // [MQTT-3.2.2-14]
		// QoS 1 is through at once, so what counts is QoS 2 of this connection [MQTT-3.3.4-7].
		if (qos > 0 && !this.#underWay.has(id) && this.#underWay.size >= this.#terms.theirReceiveMaximum)
			throw new Refusal(RECEIVE_MAXIMUM_EXCEEDED, "receive maximum exceeded");
		const { received, clientId } = this.#session;
		// A second PUBLISH with an id that is not released is answered, not published [MQTT-4.3.3-2], in 5.0 [MQTT-4.3.3-10].
		if (qos === 2 && received.has(id)) {
			this.#underWay.add(id);
			return this.#send({ cmd: "pubrec", messageId: id, reasonCode: SUCCESS });
		}
		const message = {
			topic,
			payload: Buffer.from(packet.payload),
			qos,
			retain,
			properties: withUserProperties(properties, userProperties),
			publisher: clientId,
		};
		const isBroken = properties.payloadFormatIndicator === true && !isText(message.payload);
		// Without an answer to say it in, DISCONNECT says it (section 3.3.2.3.2).
		if (isBroken && qos === 0) throw new Refusal(PAYLOAD_FORMAT_INVALID, "a payload that is no text");
		const refused = isBroken ? PAYLOAD_FORMAT_INVALID : this.#broker.reasonAgainst(this.#session, message);
		if (qos === 2 && refused === undefined) {
			received.add(id);
			this.#underWay.add(id);
		}
		const isWanted = refused === undefined && this.#broker.publish(message);
		if (qos === 0) return;
		const reasonCode = refused ?? (isWanted ? SUCCESS : NO_MATCHING_SUBSCRIBERS);
		this.#send({
			cmd: qos === 1 ? "puback" : "pubrec",
			messageId: id,
			reasonCode,
			...(refused !== undefined && { properties: { reasonString: "not taken" } }),
		});
	}

	#handleSubscribe(packet: ISubscribePacket): void {
		const { subscriptions, messageId = 0, properties } = packet;
		if (subscriptions.length === 0) throw protocolError("SUBSCRIBE without a filter"); // [MQTT-3.8.3-3], in 5.0 [MQTT-3.8.3-2]
		for (const { topic } of subscriptions) checkFilter(topic);
		const identifier = properties?.subscriptionIdentifier;
		if (identifier !== undefined && !this.#broker.limits.subscriptionIdentifiers)
			throw new Refusal(SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED, "subscription identifiers are not available");
		const wanted: string[] = [];
		// One code for each, in their order [MQTT-3.8.4-6] [MQTT-3.9.3-1].
		const granted = subscriptions.map(({ topic: filter, qos, nl = false, rap = false, rh = 0 }) => {
			const refused = this.#reasonAgainst(filter);
			if (refused !== undefined) return refused;
			const most = Math.min(qos, this.#broker.limits.maximumQos) as 0 | 1 | 2; // [MQTT-3.2.2-10]
			const options = { noLocal: nl, retainAsPublished: rap, ...(identifier !== undefined && { identifier }) };
			const isNew = this.#broker.subscribe(this.#session, filter, most, options);
			// Retain handling 0: at every SUBSCRIBE, 1: at the first, 2: never [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11].
			if (rh === 0 || (rh === 1 && isNew)) wanted.push(filter);
			return most;
		});
		this.#send({ cmd: "suback", messageId, granted });
		for (const filter of wanted) this.#broker.deliverRetained(this.#session, filter);
	}

	#handleUnsubscribe({ unsubscriptions, messageId = 0 }: IUnsubscribePacket): void {
		if (unsubscriptions.length === 0) throw protocolError("UNSUBSCRIBE without a filter"); // [MQTT-3.10.3-2]
		for (const filter of unsubscriptions) checkFilter(filter);
		const granted = unsubscriptions.map(filter =>
			this.#broker.unsubscribe(this.#session, filter) ? SUCCESS : NO_SUBSCRIPTION_EXISTED,
		);
		this.#send({ cmd: "unsuback", messageId, granted });
	}

	/** Why the filter is refused, or undefined; throws where the client was told that such are not available. */
	#reasonAgainst(filter: string): number | undefined {
		const { limits } = this.#broker;
		const unavailable =
			isShared(filter) && !limits.sharedSubscriptions
				? SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
				: hasWildcards(filter) && !limits.wildcardSubscriptions
					? WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED
					: undefined;
		if (unavailable !== undefined && this.#terms.isTold)
			throw new Refusal(unavailable, "such a filter is not available"); // sections 3.2.2.3.11 and 3.2.2.3.13
		return unavailable ?? this.#broker.reasonAgainstFilter(this.#session, filter);
	}
}

/** For acknowledgements: whether they fit what we sent. */
function expectFit(fits: boolean): void {
	if (!fits) throw protocolError("an acknowledgement of the wrong kind");
}

function checkFilter(filter: string): void {
	if (isTooDeep(filter)) throw new Refusal(TOPIC_FILTER_INVALID, "topic filter of too many levels");
	if (!isTopicFilter(filter)) throw malformed("topic filter not allowed"); // [MQTT-4.7.1-2], in 5.0 also [MQTT-4.8.2-2]
}

function isText(payload: Buffer): boolean {
	try {
		utf8.decode(payload);
		return true;
	} catch {
		return false;
	}
}
