// What somebody types in to publish or to subscribe, checked as MQTT checks it before anything is sent, and made into what the client
// takes. Each thing that is wrong has a name; the page has its sentence.

import type { PublishOptions } from "../../../firmware/mqtt/client.js";
import {
	CONTENT_TYPE,
	CORRELATION_DATA,
	MESSAGE_EXPIRY_INTERVAL,
	PAYLOAD_FORMAT_INDICATOR,
	type Property,
	properties,
	RESPONSE_TOPIC,
	USER_PROPERTY,
} from "../../../firmware/mqtt/property.js";
import { isTopicFilter, isTopicName, shareLength } from "../../../firmware/mqtt/topic.js";
import { utf8Bytes } from "../../../firmware/mqtt/wire.js";
import { bytesOfHex, HexError } from "../../inspect/hex.js";

/** A string of MQTT has two bytes for its length. */
const LONGEST = 65_535;
const MOST_EXPIRY = 4_294_967_295;

export type TextProblem = "empty" | "null" | "surrogate" | "long";
export type TopicProblem = TextProblem | "wildcard";
export type FilterProblem = TextProblem | "hash" | "plus" | "share" | "shareLocal";

function textProblem(text: string): TextProblem | undefined {
	if (text.includes("\0")) return "null";
	if (!text.isWellFormed()) return "surrogate";
	return utf8Bytes(text).length > LONGEST ? "long" : undefined;
}

/** Why no message can have this topic. */
export function topicProblem(topic: string): TopicProblem | undefined {
	if (topic === "") return "empty";
	const wrong = textProblem(topic);
	if (wrong !== undefined) return wrong;
	const bytes = utf8Bytes(topic);
	return isTopicName(bytes, 0, bytes.length) ? undefined : "wildcard";
}

/** Why nobody can subscribe to this. */
export function filterProblem(filter: string, isNoLocal: boolean): FilterProblem | undefined {
	if (filter === "") return "empty";
	const wrong = textProblem(filter);
	if (wrong !== undefined) return wrong;
	const bytes = utf8Bytes(filter);
	const share = shareLength(bytes, 0, bytes.length);
	if (share < 0) return "share";
	if (isTopicFilter(bytes, 0, bytes.length)) return share > 0 && isNoLocal ? "shareLocal" : undefined;
	return filter.split("/").some(level => level.includes("+") && level !== "+") ? "plus" : "hash";
}

/** As it stands in the form. */
export interface Form {
	readonly topic: string;
	readonly payload: string;
	readonly shape: "text" | "json" | "hex";
	readonly qos: number;
	readonly retain: boolean;
	/** 5.0, empty where there is none. */
	readonly contentType: string;
	readonly expiry: string;
	readonly responseTopic: string;
	readonly correlation: string;
	readonly correlationShape: "text" | "hex";
	readonly isText: boolean;
	readonly user: readonly (readonly [name: string, value: string])[];
}

export const EMPTY: Form = {
	topic: "",
	payload: "",
	shape: "text",
	qos: 0,
	retain: false,
	contentType: "",
	expiry: "",
	responseTopic: "",
	correlation: "",
	correlationShape: "text",
	isText: false,
	user: [],
};

export interface Draft {
	readonly topic: string;
	readonly payload: Uint8Array;
	readonly options: PublishOptions;
}

export interface FormProblem {
	readonly field: "topic" | "payload" | "contentType" | "expiry" | "responseTopic" | "correlation" | "user";
	readonly problem: TopicProblem | "json" | "hex" | "expiry";
	/** What a parser says. */
	readonly detail?: string;
}

/** What is to be published, or what is wrong with it. `isFive`: it goes out with 5.0. */
export function draftOf(form: Form, isFive: boolean): Draft | FormProblem {
	const { qos, retain, topic } = form;
	const wrong = topicProblem(topic);
	if (wrong !== undefined) return { field: "topic", problem: wrong };
	const payload = payloadOf(form);
	if ("field" in payload) return payload;
	if (!isFive) return { topic, payload, options: { qos, retain } };
	const list = propertiesOf(form);
	if ("field" in list) return list;
	return { topic, payload, options: { qos, retain, ...(list.length > 0 && { properties: properties(...list) }) } };
}

export function isProblem(made: Draft | FormProblem): made is FormProblem {
	return "problem" in made;
}

function payloadOf({ payload, shape }: Form): Uint8Array | FormProblem {
	if (shape === "hex") return hexOf(payload, "payload");
	if (shape === "json")
		try {
			JSON.parse(payload);
		} catch (error) {
			return { field: "payload", problem: "json", detail: (error as Error).message };
		}
	return new TextEncoder().encode(payload);
}

function propertiesOf(form: Form): Property[] | FormProblem {
	const { contentType, correlation, correlationShape, expiry, isText, responseTopic, user } = form;
	const list: Property[] = [];
	if (isText) list.push([PAYLOAD_FORMAT_INDICATOR, 1]);
	if (expiry.trim() !== "") {
		if (!/^\d{1,10}$/.test(expiry.trim()) || Number(expiry) > MOST_EXPIRY)
			return { field: "expiry", problem: "expiry" };
		list.push([MESSAGE_EXPIRY_INTERVAL, Number(expiry)]);
	}
	if (contentType !== "") {
		const wrong = textProblem(contentType);
		if (wrong !== undefined) return { field: "contentType", problem: wrong };
		list.push([CONTENT_TYPE, contentType]);
	}
	if (responseTopic !== "") {
		// [MQTT-3.3.2-14]
		const wrong = topicProblem(responseTopic);
		if (wrong !== undefined) return { field: "responseTopic", problem: wrong };
		list.push([RESPONSE_TOPIC, responseTopic]);
	}
	if (correlation !== "") {
		const bytes =
			correlationShape === "hex" ? hexOf(correlation, "correlation") : new TextEncoder().encode(correlation);
		if ("field" in bytes) return bytes;
		if (bytes.length > LONGEST) return { field: "correlation", problem: "long" };
		list.push([CORRELATION_DATA, bytes]);
	}
	for (const [name, value] of user) {
		if (name === "" && value === "") continue;
		const wrong = textProblem(name) ?? textProblem(value);
		if (wrong !== undefined) return { field: "user", problem: wrong };
		list.push([USER_PROPERTY, name, value]);
	}
	return list;
}

function hexOf(text: string, field: FormProblem["field"]): Uint8Array | FormProblem {
	try {
		return bytesOfHex(text);
	} catch (error) {
		if (!(error instanceof HexError)) throw error;
		return { field, problem: "hex", detail: error.message };
	}
}
