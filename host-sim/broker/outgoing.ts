// What goes to one client: every packet in its version and within what it takes. Texts that do not fit are left out,
// messages that do not fit are dropped as if delivered, topics are shortened to aliases, and what is left of a message's
// interval is worked out, all at the moment of sending.

import type { IPublishPacket, Packet, UserProperties } from "mqtt-packet";
import { OutboundAliases } from "./alias.js";
import type { Codec } from "./codec.js";
import { type Copy, isExpired, secondsLeft } from "./message.js";
import type { Terms } from "./terms.js";

type PublishProperties = NonNullable<IPublishPacket["properties"]>;

export class Outgoing {
	readonly #codec: Codec;
	readonly #write: (bytes: Buffer, packet: Packet) => void;
	#size = Number.POSITIVE_INFINITY;
	#wantsProblems = true;
	#aliases = new OutboundAliases(0);

	/** `write` is called with every packet that goes out. */
	constructor(codec: Codec, write: (bytes: Buffer, packet: Packet) => void) {
		this.#codec = codec;
		this.#write = write;
	}

	/** CONNECT has come, and with it what the client takes. */
	begin(terms: Terms): void {
		this.#size = terms.ourPacketSize;
		this.#wantsProblems = terms.wantsProblems;
		this.#aliases = new OutboundAliases(terms.ourTopicAliasMaximum);
	}

	/** False where the packet is larger than the client takes [MQTT-3.1.2-24]. */
	send(packet: Packet): boolean {
		const said = this.#wantsProblems || mayAlwaysExplain(packet) ? packet : withoutTexts(packet); // [MQTT-3.1.2-29]
		if (this.#put(said)) return true;
		return said.cmd !== "publish" && this.#put(withoutTexts(said)); // [MQTT-3.2.2-19] and its like for the other packets
	}

	/** False where the message never goes to this client: expired while it waited, or too large for it [MQTT-3.1.2-25]. */
	publish(packet: IPublishPacket, copy: Copy, now: number): boolean {
		// One that went out before goes out again, expired or not [MQTT-4.3.3-7].
		if (!packet.dup && isExpired(copy, now)) return false;
		const properties = propertiesOf(copy, now);
		const taken = this.#aliases.take(copy.topic);
		if (taken === undefined) return this.send({ ...packet, properties });
		const { alias, isKnown } = taken;
		const topic = isKnown ? "" : copy.topic;
		const sent = this.send({ ...packet, topic, properties: { ...properties, topicAlias: alias } });
		if (!sent && !isKnown) this.#aliases.forget(copy.topic);
		return sent;
	}

	#put(packet: Packet): boolean {
		const bytes = this.#codec.encode(packet);
		if (bytes === undefined) return true;
		if (bytes.length > this.#size) return false;
		this.#write(bytes, packet);
		return true;
	}
}

function mayAlwaysExplain({ cmd }: Packet): boolean {
	return cmd === "publish" || cmd === "connack" || cmd === "disconnect";
}

function withoutTexts(packet: Packet): Packet {
	const {
		reasonString: _text,
		userProperties: _pairs,
		...properties
	} = (packet as { properties?: RefusalTexts }).properties ?? {};
	return { ...packet, properties } as Packet;
}

interface RefusalTexts {
	reasonString?: string;
	userProperties?: UserProperties;
}

function propertiesOf(copy: Copy, now: number): PublishProperties {
	const { messageExpiryInterval: _interval, userProperties, correlationData, ...asTheyAre } = copy.properties ?? {};
	const left = secondsLeft(copy, now);
	const { identifiers = [] } = copy;
	return {
		...asTheyAre,
		...(correlationData !== undefined && { correlationData }),
		...(left !== undefined && { messageExpiryInterval: left }), // [MQTT-3.3.2-6]
		...(identifiers.length > 0 && { subscriptionIdentifier: [...identifiers] }),
		// A record of its own for each: mqtt-packet writes them in this order, which it would not keep in one [MQTT-3.3.2-18].
		...(userProperties !== undefined && {
			userProperties: userProperties.map(([name, value]) => ({ [name]: value })) as unknown as UserProperties,
		}),
	};
}
