// MQTT.js, the client that programs on Node use, in our own process.

import { connect, type IClientOptions, type IClientPublishOptions, type IPublishPacket, type MqttClient } from "mqtt";
import type { ConnectOptions, Goodbye, Message, Party, Properties, PublishOptions, SubscribeOptions } from "./party.js";

export class MqttJs implements Party {
	readonly name = "MQTT.js";
	readonly messages: Message[] = [];
	readonly #options: IClientOptions;
	#client: MqttClient | undefined;

	constructor(port: number, version: 4 | 5, clientId: string) {
		const url = { protocol: "mqtt", host: "127.0.0.1", port } as const;
		this.#options = { ...url, protocolVersion: version, clientId, reconnectPeriod: 0 };
	}

	connect({ clean = true, sessionExpiry, will }: ConnectOptions = {}): Promise<boolean> {
		const client = connect({
			...this.#options,
			clean,
			...(sessionExpiry !== undefined && { properties: { sessionExpiryInterval: sessionExpiry } }),
			...(will !== undefined && {
				will: {
					topic: will.topic,
					payload: Buffer.from(will.payload),
					qos: will.qos ?? 0,
					retain: will.retain ?? false,
					properties: { ...encoded(will.properties), willDelayInterval: will.delay ?? 0 },
				},
			}),
		});
		this.#client = client;
		// A queue of the session comes behind CONNACK.
		client.on("message", (topic, payload, { properties, qos, retain }) =>
			this.messages.push({ topic, payload, qos, retain, properties: decoded(properties) }),
		);
		return new Promise((resolve, reject) => {
			client.once("connect", ({ sessionPresent }) => resolve(sessionPresent));
			client.once("error", reject);
		});
	}

	async subscribe(filter: string, options: SubscribeOptions = {}): Promise<number> {
		const { identifier, noLocal, qos = 0, retainAsPublished, retainHandling } = options;
		const [grant] = await this.#client!.subscribeAsync(filter, {
			qos,
			...(noLocal !== undefined && { nl: noLocal }),
			...(retainAsPublished !== undefined && { rap: retainAsPublished }),
			...(retainHandling !== undefined && { rh: retainHandling }),
			...(identifier !== undefined && { properties: { subscriptionIdentifier: identifier } }),
		});
		return grant!.qos;
	}

	async publish(topic: string, payload: string | Uint8Array, options: PublishOptions = {}): Promise<void> {
		const { properties, qos = 0, retain = false } = options;
		const bytes = Buffer.from(payload as Uint8Array);
		await this.#client!.publishAsync(topic, bytes, { qos, retain, properties: encoded(properties) });
	}

	async disconnect({ reason, sessionExpiry }: Goodbye = {}): Promise<void> {
		const client = this.#client!;
		this.#client = undefined;
		await client.endAsync(false, {
			...(reason !== undefined && { reasonCode: reason }),
			...(sessionExpiry !== undefined && { properties: { sessionExpiryInterval: sessionExpiry } }),
		});
	}

	async cut(): Promise<void> {
		await this.#client?.endAsync(true);
		this.#client = undefined;
	}
}

type Block = NonNullable<IClientPublishOptions["properties"]>;

/** MQTT.js keeps user properties by name: those of one name are in order, but beside one another. */
function encoded(properties: Properties = {}): Block {
	const { correlationData, subscriptionIdentifier: _, userProperty = [], ...rest } = properties;
	const users: Record<string, string[]> = {};
	for (const [name, value] of userProperty) users[name] = [...(users[name] ?? []), value];
	return {
		...rest,
		...(correlationData !== undefined && { correlationData: Buffer.from(correlationData, "hex") }),
		...(userProperty.length > 0 && { userProperties: users }),
	};
}

function decoded(block: IPublishPacket["properties"] = {}): Properties {
	const { correlationData, subscriptionIdentifier, userProperties, ...rest } = block;
	const users = Object.entries(userProperties ?? {}).flatMap(([name, values]) =>
		[values].flat().map((value): [string, string] => [name, value]),
	);
	return {
		...rest,
		...(correlationData !== undefined && { correlationData: correlationData.toString("hex") }),
		...(subscriptionIdentifier !== undefined && { subscriptionIdentifier: [subscriptionIdentifier].flat() }),
		...(users.length > 0 && { userProperty: users }),
	};
}
