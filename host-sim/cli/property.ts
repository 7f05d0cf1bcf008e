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
	REQUEST_PROBLEM_INFORMATION,
	REQUEST_RESPONSE_INFORMATION,
	RESPONSE_TOPIC,
	USER_PROPERTY,
	WILL_DELAY_INTERVAL,
} from "../../firmware/mqtt/property.js";
import { UsageError } from "../fleet/scenario.js";
import { integerOf } from "./flags.js";

/** Names, ids, and the largest value of those that are numbers. */
const CONNECT: readonly Known[] = [
	["request-problem-information", REQUEST_PROBLEM_INFORMATION, 1],
	["request-response-information", REQUEST_RESPONSE_INFORMATION, 1],
	["maximum-packet-size", MAXIMUM_PACKET_SIZE, 0xffff_ffff],
	["user-property", USER_PROPERTY],
];
const PUBLISH: readonly Known[] = [
	["content-type", CONTENT_TYPE],
	["correlation-data", CORRELATION_DATA],
	["message-expiry-interval", MESSAGE_EXPIRY_INTERVAL, 0xffff_ffff],
	["payload-format-indicator", PAYLOAD_FORMAT_INDICATOR, 1],
	["response-topic", RESPONSE_TOPIC],
	["user-property", USER_PROPERTY],
];
const WILL: readonly Known[] = [...PUBLISH, ["will-delay-interval", WILL_DELAY_INTERVAL, 0xffff_ffff]];

const COMMANDS = { CONNECT, PUBLISH, WILL } as const;

type Known = readonly [name: string, id: number, most?: number];
export type Command = keyof typeof COMMANDS;

/** How many words `-D` takes. */
export function propertyWords(rest: readonly string[]): number {
	return rest[1] === "user-property" ? 4 : 3;
}

/** A block for each command that has properties; `commands` are those that may have any here. Throws UsageError. */
export function blocksOf(
	given: readonly (readonly string[])[],
	commands: readonly Command[],
): Partial<Record<Command, Uint8Array>> {
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
	return Object.fromEntries([...lists].map(([command, list]) => [command, properties(...list)]));
}

function propertyOf(command: Command, [name, id, most]: Known, value: string, text: string | undefined): Property {
	if (most !== undefined)
		return [id, integerOf(value, `-D ${command} ${name}`, id === MAXIMUM_PACKET_SIZE ? 1 : 0, most)];
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
