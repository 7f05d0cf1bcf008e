// What the one-byte codes of the firmware mean, in words: devices send numbers, people read sentences.

const SENTENCES: Readonly<Record<number, string>> = {
	16: "outbox full",
	17: "too many messages in flight",
	18: "message too large",
	19: "offline",
	20: "no room for another topic",
	21: "another streamed publish is under way",
	22: "too many unfinished messages from the broker",
	23: "message larger than the receive buffer skipped",
	24: "not drained in time",
	25: "closed",
	26: "the broker lost the session",
	27: "the source of a streamed payload failed",
	48: "no such host",
	49: "no answer from DNS",
	50: "connection refused",
	51: "no connection in time",
	52: "no CONNACK in time",
	53: "no PINGRESP in time",
	54: "nothing heard from the broker for too long",
	55: "no acknowledgement in time",
	56: "connection lost",
	57: "the source of a streamed payload stalled",
	80: "the broker sent a bad remaining length",
	81: "the broker sent reserved flags",
	82: "the broker sent QoS 3",
	83: "the broker sent packet id 0",
	84: "the broker sent an ill-formed string",
	85: "the broker sent an ill-formed topic",
	86: "the broker sent a packet of the wrong length",
	87: "the broker sent an unexpected packet",
	88: "the broker sent an ill-formed CONNACK",
	89: "the broker has a session that we did not ask for",
	90: "the broker sent an ill-formed SUBACK",
	91: "the broker sent too large a packet",
	128: "refused",
	132: "the broker does not speak MQTT 3.1.1",
	133: "client id not accepted",
	134: "bad user name or password",
	135: "not authorised",
	136: "the broker is unavailable",
};

/** A sentence without a full stop. */
export function sentence(code: number): string {
	return SENTENCES[code] ?? `code 0x${code.toString(16).padStart(2, "0")}`;
}
