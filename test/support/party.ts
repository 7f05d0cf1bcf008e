// One end of a conversation through a broker, whichever client it is: ours, MQTT.js or paho. What is asked for and what
// arrives looks the same for all of them, so that a test between any two is written once.

export interface Party {
	/** Who it is, for the titles of tests. */
	readonly name: string;
	/** All that has arrived, over all its connections. */
	readonly messages: Message[];
	/** Resolves with Session Present, when the server has accepted it. */
	connect(options?: ConnectOptions): Promise<boolean>;
	/** Resolves with the server's code. */
	subscribe(filter: string, options?: SubscribeOptions): Promise<number>;
	/** Resolves when the message is settled. */
	publish(topic: string, payload: string | Uint8Array, options?: PublishOptions): Promise<void>;
	/** Says goodbye. */
	disconnect(goodbye?: Goodbye): Promise<void>;
	/** Goes without a goodbye, if it is connected. It may connect again. */
	cut(): Promise<void>;
}

export interface Message {
	topic: string;
	payload: Buffer;
	qos: number;
	retain: boolean;
	properties: Properties;
}

/** Properties of 5.0 by name; none at 3.1.1. */
export interface Properties {
	messageExpiryInterval?: number;
	contentType?: string;
	responseTopic?: string;
	/** In hex. */
	correlationData?: string;
	userProperty?: [name: string, value: string][];
	subscriptionIdentifier?: number[];
}

export interface ConnectOptions {
	/** Default true. */
	clean?: boolean;
	/** Seconds. */
	sessionExpiry?: number;
	will?: Will;
}

export interface Will extends PublishOptions {
	topic: string;
	payload: string;
	/** Seconds. */
	delay?: number;
}

export interface PublishOptions {
	qos?: 0 | 1 | 2;
	retain?: boolean;
	properties?: Properties;
}

export interface SubscribeOptions {
	qos?: 0 | 1 | 2;
	noLocal?: boolean;
	retainAsPublished?: boolean;
	retainHandling?: 0 | 1 | 2;
	identifier?: number;
}

export interface Goodbye {
	reason?: number;
	sessionExpiry?: number;
}

/** The text of all messages whose topic begins so, in their order. */
export function texts(party: Party, prefix: string): string[] {
	return party.messages.filter(({ topic }) => topic.startsWith(prefix)).map(({ payload }) => String(payload));
}
