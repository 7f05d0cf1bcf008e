// What a line about a packet says, and what exchanges are made of.

export interface Summary {
	/** As in the standard: "PUBLISH". */
	readonly name: string;
	/** Packet id, or 0 where it has none. */
	id: number;
	/** 5.0: the reason; 3.1.1: CONNACK's return code. */
	reason: number;
	/** Of PUBLISH. */
	qos: number;
	dup: boolean;
	retain: boolean;
	topic: string;
	/** Of SUBSCRIBE and UNSUBSCRIBE. */
	filters: string[];
	/** Of CONNECT. */
	clientId: string;
	clean: boolean;
	/** Of CONNACK. */
	sessionPresent: boolean;
}

/** Of a packet of which nothing is known yet but its name. */
export function summaryOf(name: string): Summary {
	return {
		name,
		id: 0,
		reason: 0,
		qos: 0,
		dup: false,
		retain: false,
		topic: "",
		filters: [],
		clientId: "",
		clean: false,
		sessionPresent: false,
	};
}
