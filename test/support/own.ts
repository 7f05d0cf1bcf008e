// Our client as one end of a conversation. `client` is there for what only it has.

import {
	type Client,
	type ClientOptions,
	END_SETTLED,
	type Incoming,
	type MessageHandler,
} from "../../firmware/mqtt/client.js";
import {
	CONTENT_TYPE,
	CORRELATION_DATA,
	MESSAGE_EXPIRY_INTERVAL,
	type Property,
	properties,
	RESPONSE_TOPIC,
	SESSION_EXPIRY_INTERVAL,
	SUBSCRIPTION_IDENTIFIER,
	USER_PROPERTY,
	WILL_DELAY_INTERVAL,
} from "../../firmware/mqtt/property.js";
import { until } from "./mosquitto.js";
import { nodeClient } from "./node.js";
import type { ConnectOptions, Goodbye, Message, Party, Properties, PublishOptions, SubscribeOptions } from "./party.js";

export class Own implements Party {
	readonly name = "ours";
	readonly messages: Message[] = [];
	/** Session Present of its last connection. */
	present: boolean | undefined;
	/** Codes of onOffline: empty where all went well. */
	readonly offline: number[] = [];
	readonly #port: number;
	readonly #version: 4 | 5;
	readonly #clientId: string;
	readonly #options: Partial<ClientOptions>;
	readonly #answers = new Map<number, (code: number) => void>();
	readonly #ends = new Map<number, (end: number, code: number) => void>();
	#client: Client | undefined;

	constructor(port: number, version: 4 | 5, clientId: string, options: Partial<ClientOptions> = {}) {
		this.#port = port;
		this.#version = version;
		this.#clientId = clientId;
		this.#options = options;
	}

	get client(): Client {
		return this.#client!;
	}

	async connect({ clean = true, sessionExpiry, will }: ConnectOptions = {}): Promise<boolean> {
		this.present = undefined;
		const five = this.#version === 5;
		this.#client = nodeClient(this.#port, this.#clientId, {
			protocolVersion: this.#version,
			cleanSession: clean,
			...(sessionExpiry !== undefined && { sessionExpiry }),
			...(will !== undefined && {
				will: { ...will, properties: five ? block(will.properties, [WILL_DELAY_INTERVAL, will.delay]) : undefined },
			}),
			onOnline: present => {
				this.present = present;
			},
			onOffline: code => this.offline.push(code),
			onSubscribed: (handle, code) => this.#answers.get(handle)?.(code),
			onPublishEnd: (ticket, end, code) => this.#ends.get(ticket)?.(end, code),
			onMessage: message => this.#take(message),
			...this.#options,
		} as Partial<ClientOptions>);
		this.#client.open();
		await until("online", () => this.present !== undefined);
		return this.present!;
	}

	/** With a handler that is not to note the messages, `messages` does not have them. */
	subscribe(
		filter: string,
		options: SubscribeOptions & { stream?: boolean } = {},
		handler?: MessageHandler,
	): Promise<number> {
		const { identifier, ...rest } = options;
		const five = identifier === undefined ? {} : { properties: properties([SUBSCRIPTION_IDENTIFIER, identifier]) };
		return new Promise(resolve => {
			const handle = this.client.subscribe(filter, handler ?? (message => this.#take(message)), { ...rest, ...five });
			if (handle < 0) throw new Error(`subscribe: ${handle}`);
			this.#answers.set(handle, resolve);
		});
	}

	async publish(
		topic: string,
		payload: string | Uint8Array,
		{ properties, ...options }: PublishOptions = {},
	): Promise<void> {
		const five = properties === undefined ? {} : { properties: block(properties) };
		let ticket = -1;
		await until("room for a message", () => {
			ticket = this.client.publish(topic, payload, { ...options, ...five });
			return ticket >= 0;
		});
		await this.settled(ticket);
	}

	/** Resolves when the publish with this ticket has settled. */
	settled(ticket: number): Promise<void> {
		if (ticket === 0) return Promise.resolve();
		return new Promise((resolve, reject) => {
			if (ticket < 0) reject(new Error(`publish: ${ticket}`));
			this.#ends.set(ticket, (end, code) => {
				this.#ends.delete(ticket);
				if (end === END_SETTLED) resolve();
				else reject(new Error(`a publish has ended with ${end}, code ${code}`));
			});
		});
	}

	disconnect({ reason, sessionExpiry }: Goodbye = {}): Promise<void> {
		if (reason === undefined && sessionExpiry === undefined) this.client.close();
		else if (sessionExpiry === undefined) this.client.close({ reason: reason! });
		else this.client.close({ reason: reason ?? 0, properties: properties([SESSION_EXPIRY_INTERVAL, sessionExpiry]) });
		return Promise.resolve();
	}

	cut(): Promise<void> {
		this.#client?.close(false);
		return Promise.resolve();
	}

	#take(message: Incoming): void {
		this.messages.push({
			topic: message.topic,
			payload: Buffer.from(message.payload()),
			qos: message.qos,
			retain: message.retain,
			properties: read(message),
		});
	}
}

/** A block of those that there are. */
function block(given: Properties = {}, ...more: [id: number, value: number | undefined][]): Uint8Array {
	const { correlationData } = given;
	const list: [id: number, value: number | string | Uint8Array | undefined][] = [
		[MESSAGE_EXPIRY_INTERVAL, given.messageExpiryInterval],
		[CONTENT_TYPE, given.contentType],
		[RESPONSE_TOPIC, given.responseTopic],
		[CORRELATION_DATA, correlationData === undefined ? undefined : Buffer.from(correlationData, "hex")],
		...more,
	];
	const users = (given.userProperty ?? []).map(([name, value]): Property => [USER_PROPERTY, name, value]);
	return properties(
		...list.filter((entry): entry is [number, number | string | Uint8Array] => entry[1] !== undefined),
		...users,
	);
}

function read(message: Incoming): Properties {
	const correlation = message.property(CORRELATION_DATA);
	const users = message.userProperties();
	const identifiers = message.subscriptionIdentifiers();
	const found = {
		messageExpiryInterval: message.property(MESSAGE_EXPIRY_INTERVAL) as number | undefined,
		contentType: message.property(CONTENT_TYPE) as string | undefined,
		responseTopic: message.property(RESPONSE_TOPIC) as string | undefined,
		correlationData: correlation instanceof Uint8Array ? Buffer.from(correlation).toString("hex") : undefined,
		userProperty: users.length > 0 ? users : undefined,
		subscriptionIdentifier: identifiers.length > 0 ? identifiers : undefined,
	};
	return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
