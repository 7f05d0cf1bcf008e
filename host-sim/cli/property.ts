// Properties of MQTT 5.0 from the command line: `-D COMMAND NAME VALUE`, with the names of the standard in mosquitto's
// spelling; a user property has a name and a value.

import { Misuse } from "../../firmware/mqtt/error.js";
import {
	CONTENT_TYPE,
	CORRELATION_DATA,
	MAXIMUM_PACKET_SIZE,
	MESSAGE_EXPIRY_INTERVAL,
	PAYLOAD_FORMAT_INDICATOR,
	type Property,
	properties,
	REASON_STRING,
	RECEIVE_MAXIMUM,
	REQUEST_PROBLEM_INFORMATION,
	REQUEST_RESPONSE_INFORMATION,
	RESPONSE_TOPIC,
	SESSION_EXPIRY_INTERVAL,
	SUBSCRIPTION_IDENTIFIER,
	TOPIC_ALIAS_MAXIMUM,
	USER_PROPERTY,
	WILL_DELAY_INTERVAL,
} from "../../firmware/mqtt/property.js";
import { UsageError } from "../fleet/scenario.js";
import { integerOf } from "./flags.js";

/** Names, ids, and the least and largest value of those that are numbers. */
const CONNECT: readonly Known[] = [
	["request-problem-information", REQUEST_PROBLEM_INFORMATION, 0, 1],
	["request-response-information", REQUEST_RESPONSE_INFORMATION, 0, 1],
	["maximum-packet-size", MAXIMUM_PACKET_SIZE, 64, 268_435_460],
	["receive-maximum", RECEIVE_MAXIMUM, 1, 1024],
	["topic-alias-maximum", TOPIC_ALIAS_MAXIMUM, 0, 1024],
	["session-expiry-interval", SESSION_EXPIRY_INTERVAL, 0, 0xffff_ffff],
	["user-property", USER_PROPERTY],
];
/** Those of CONNECT that are options of the client. */
const OPTIONS: readonly number[] = [MAXIMUM_PACKET_SIZE, RECEIVE_MAXIMUM, TOPIC_ALIAS_MAXIMUM, SESSION_EXPIRY_INTERVAL];
const PUBLISH: readonly Known[] = [
	["content-type", CONTENT_TYPE],
	["correlation-data", CORRELATION_DATA],
	["message-expiry-interval", MESSAGE_EXPIRY_INTERVAL, 0, 0xffff_ffff],
	["payload-format-indicator", PAYLOAD_FORMAT_INDICATOR, 0, 1],
	["response-topic", RESPONSE_TOPIC],
	["user-property", USER_PROPERTY],
];
const WILL: readonly Known[] = [...PUBLISH, ["will-delay-interval", WILL_DELAY_INTERVAL, 0, 0xffff_ffff]];
const SUBSCRIBE: readonly Known[] = [
	["subscription-identifier", SUBSCRIPTION_IDENTIFIER, 1, 268_435_455],
	["user-property", USER_PROPERTY],
];
const UNSUBSCRIBE: readonly Known[] = [["user-property", USER_PROPERTY]];
const DISCONNECT: readonly Known[] = [
	["session-expiry-interval", SESSION_EXPIRY_INTERVAL, 0, 0xffff_ffff],
	["reason-string", REASON_STRING],
	["user-property", USER_PROPERTY],
];

const COMMANDS = { CONNECT, PUBLISH, WILL, SUBSCRIBE, UNSUBSCRIBE, DISCONNECT } as const;

type Known = readonly [name: string, id: number, least?: number, most?: number];
export type Command = keyof typeof COMMANDS;

/** How many words `-D` takes. */
export function propertyWords(rest: readonly string[]): number {
	return rest[1] === "user-property" ? 4 : 3;
}

/** A block for each command that has properties, and what of CONNECT is for options of the client, by property id. */
export interface Blocks extends Partial<Record<Command, Uint8Array>> {
	readonly options: ReadonlyMap<number, number>;
}

/** `commands` are those that may have properties here. Throws UsageError. */
export function blocksOf(given: readonly (readonly string[])[], commands: readonly Command[]): Blocks {
	const lists = new Map<Command, Property[]>();
	for (const [word = "", name = "", value = "", text] of given) {
		const command = commands.find(each => each === word.toUpperCase());
		if (command === undefined)
			throw new UsageError(`-D: properties go with ${commands.join(", ")} here, not with ${JSON.stringify(word)}`);
		const known: readonly Known[] = COMMANDS[command];
		const found = known.find(([each]) => each === name);
		if (found === undefined)
			throw new UsageError(
				`-D: ${command} has no ${JSON.stringify(name)}; known are ${known.map(([each]) => each).join(", ")}`,
			);
		const list = lists.get(command) ?? [];
		lists.set(command, list);
		if (name !== "user-property" && list.some(([id]) => id === found[1]))
			throw new UsageError(`-D: ${command} ${name} is given twice`);
		list.push(propertyOf(command, found, value, text));
	}
	const connect = lists.get("CONNECT") ?? [];
	const isOption = ([id]: Property) => OPTIONS.includes(id);
	const options = new Map(connect.filter(isOption).map(([id, value]) => [id, Number(value)]));
	const rest = connect.filter(property => !isOption(property));
	if (rest.length > 0) lists.set("CONNECT", rest);
	else lists.delete("CONNECT");
	return { options, ...Object.fromEntries([...lists].map(([command, list]) => [command, properties(...list)])) };
}

function propertyOf(
	command: Command,
	[name, id, least, most]: Known,
	value: string,
	text: string | undefined,
): Property {
	if (least !== undefined) return [id, integerOf(value, `-D ${command} ${name}`, least, most!)];
	const property: Property =
		id === CORRELATION_DATA ? [id, Buffer.from(value)] : text === undefined ? [id, value] : [id, value, text];
	try {
		properties(property);
	} catch (error) {
		if (!(error instanceof Misuse)) throw error;
		throw new UsageError(`-D ${command} ${name}: expected text of at most 65535 bytes without U+0000`);
	}
	return property;
}
