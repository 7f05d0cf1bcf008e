// A line in words, for people who look and for those who listen. What the standard has a name for keeps that name in every language.

import { reasonName } from "../../inspect/reason.js";
import { cleaned } from "../../watch/payload.js";
import type { Incident } from "../model/desk.js";
import type { Words } from "../words.js";
import type { EndLine, Line, PacketLine } from "./follow.js";

/** What can be shown or hidden together. */
export const GROUPS = ["connect", "publish", "subscribe", "ping", "other"] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_OF: Readonly<Record<string, Group>> = {
	CONNECT: "connect",
	CONNACK: "connect",
	DISCONNECT: "connect",
	AUTH: "connect",
	PUBLISH: "publish",
	PUBACK: "publish",
	PUBREC: "publish",
	PUBREL: "publish",
	PUBCOMP: "publish",
	SUBSCRIBE: "subscribe",
	SUBACK: "subscribe",
	UNSUBSCRIBE: "subscribe",
	UNSUBACK: "subscribe",
	PINGREQ: "ping",
	PINGRESP: "ping",
};

export interface LineWords {
	readonly broker: string;
	readonly page: string;
	readonly bytes: string;
	readonly again: string;
	readonly repeat: string;
	readonly stray: string;
	readonly faulty: string;
	readonly retain: string;
	readonly present: string;
	readonly clean: string;
	readonly kept: string;
	alias(number: string): string;
	will(client: string): string;
	begin(number: number, peer: string): string;
	end(line: EndLine): string;
	readonly willDue: string;
	gap(count: number): string;
	trouble(fault: string, where: string, seconds: number | undefined): string;
	mended(fault: string, where: string): string;
	restarted(device: string, reason: string): string;
	sentence(from: string, to: string, what: string): string;
}

export const LINE_WORDS: Words<LineWords> = {
	en: {
		broker: "broker",
		page: "page",
		bytes: "bytes",
		again: "again",
		repeat: "repeat",
		stray: "stray",
		faulty: "faulty",
		retain: "retain",
		present: "session present",
		clean: "clean",
		kept: "keeps its session",
		alias: number => `alias ${number}`,
		will: client => `will of ${client}`,
		begin: (number, peer) => `connection ${number} begins${peer === "" ? "" : ` (${peer})`}`,
		end: ({ by, connection, how }) => `connection ${connection.number} ${how} by the ${by}`,
		willDue: "the will is due",
		gap: count => `${count} ${count === 1 ? "packet" : "packets"} not shown`,
		trouble: (fault, where, seconds) =>
			`${fault}${where === "" ? "" : ` · ${where}`}${seconds === undefined ? "" : ` · for ${seconds} s`}`,
		mended: (fault, where) => `mended: ${fault}${where === "" ? "" : ` · ${where}`}`,
		restarted: (device, reason) => `${device} has restarted: ${reason}`,
		sentence: (from, to, what) => `${from} to ${to}: ${what}`,
	},
	zh: {
		broker: "代理",
		page: "本页面",
		bytes: "字节",
		again: "重发",
		repeat: "重复应答",
		stray: "无对应请求",
		faulty: "有误",
		retain: "保留",
		present: "会话已存在",
		clean: "全新会话",
		kept: "延续会话",
		alias: number => `别名 ${number}`,
		will: client => `${client} 的遗嘱`,
		begin: (number, peer) => `连接 ${number} 建立${peer === "" ? "" : `（${peer}）`}`,
		end: ({ by, connection, how }) =>
			`连接 ${connection.number} 被${by === "client" ? "客户端" : "代理"}${how === "reset" ? "重置" : "关闭"}`,
		willDue: "遗嘱即将发布",
		gap: count => `有 ${count} 个报文未显示`,
		trouble: (fault, where, seconds) =>
			`${fault}${where === "" ? "" : ` · ${where}`}${seconds === undefined ? "" : ` · 持续 ${seconds} 秒`}`,
		mended: (fault, where) => `已恢复：${fault}${where === "" ? "" : ` · ${where}`}`,
		restarted: (device, reason) => `${device} 已重启：${reason}`,
		sentence: (from, to, what) => `${from} 到 ${to}：${what}`,
	},
};

/** In the words of those who look for it; faults without an entry keep their name. */
const FAULTS_ZH: Readonly<Record<string, string>> = {
	"wifi-loss": "Wi-Fi 断开",
	hang: "半开连接",
	partition: "网络分区",
	"slow-link": "慢速链路",
	"broker-stop": "代理停止",
	"broker-restart": "代理重启",
	"broker-forgets": "代理丢失会话",
	"power-cut": "断电",
	"sensor-fails": "传感器故障",
	"captive-portal": "强制门户",
	"low-memory": "内存不足",
	"flash-full": "闪存已满",
	reset: "连接重置",
};

export function faultName(fault: string, language: "en" | "zh"): string {
	return (language === "zh" ? FAULTS_ZH[fault] : undefined) ?? fault.replaceAll("-", " ");
}

export function groupOf(name: string): Group {
	return GROUP_OF[name] ?? "other";
}

export interface Label {
	/** The packet's. */
	readonly name: string;
	/** What it is about: a topic or filters; cleaned. */
	readonly subject: string;
	/** What else it says, such as "QoS 2", "id 7". */
	readonly details: readonly string[];
	readonly marks: readonly { readonly kind: "dup" | "mark" | "will" | "faulty"; readonly text: string }[];
}

export function labelOf(line: PacketLine, say: LineWords): Label {
	const { alias, mark, partial, summary, version, willOf } = line;
	const { clean, clientId, dup, filters, id, name, qos, reason, retain, sessionPresent, topic } = summary;
	if (partial) return { name: `${line.bytes.length} ${say.bytes}`, subject: "", details: [], marks: faults(line, say) };
	const isConnect = name === "CONNECT";
	const details = [
		...(isConnect ? [`MQTT ${version}`, clean ? say.clean : say.kept] : []),
		...(name === "PUBLISH" ? [`QoS ${qos}`] : []),
		...(id > 0 ? [`id ${id}`] : []),
		...(retain ? [say.retain] : []),
		...(alias === undefined ? [] : [say.alias(alias)]),
		...(sessionPresent ? [say.present] : []),
		...(reason > 0 ? [reasonName(reason, name, version) ?? `0x${reason.toString(16)}`] : []),
	];
	const marks = [
		...(dup ? [{ kind: "dup" as const, text: "DUP" }] : []),
		...(mark === undefined ? [] : [{ kind: "mark" as const, text: say[mark] }]),
		...(willOf === undefined ? [] : [{ kind: "will" as const, text: say.will(cleaned(willOf)) }]),
		...faults(line, say),
	];
	return {
		name,
		subject: cleanedLong(isConnect ? clientId : topic !== "" ? topic : filters.join(", ")),
		details,
		marks,
	};
}

function faults({ isFaulty }: PacketLine, say: LineWords): Label["marks"] {
	return isFaulty ? [{ kind: "faulty", text: say.faulty }] : [];
}

/** Topics are often longer than names; characters that would do something do nothing. */
const MOST = 300;

export function cleanedLong(text: string): string {
	const shown = text.slice(0, MOST).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
	return text.length > MOST ? `${shown}…` : shown;
}

export function incidentText(incident: Incident, say: LineWords, language: "en" | "zh"): string {
	switch (incident.event) {
		case "trouble": {
			const { device = "", fault, since, until } = incident.trouble;
			const seconds = until === undefined || until <= since ? undefined : Math.round((until - since) / 100) / 10;
			return say.trouble(faultName(fault, language), cleaned(device), seconds);
		}
		case "mended":
			return say.mended(faultName(incident.fault, language), cleaned(incident.device ?? ""));
		case "restarted":
			return say.restarted(cleaned(incident.device), cleaned(incident.reason));
	}
}

/** All of a line that is not in its arrow. */
export function lineText(line: Exclude<Line, PacketLine>, say: LineWords, language: "en" | "zh"): string {
	switch (line.kind) {
		case "begin":
			return say.begin(line.connection.number, cleaned(line.connection.peer));
		case "end":
			return `${say.end(line)}${line.leavesWill ? ` · ${say.willDue}` : ""}`;
		case "gap":
			return say.gap(line.count);
		case "incident":
			return incidentText(line.incident, say, language);
	}
}

/** A line as a sentence for a screen reader. */
export function sentenceOf(
	line: Line,
	say: LineWords,
	language: "en" | "zh",
	nameOf: (client: string) => string,
): string {
	if (line.kind === "gap" || line.kind === "incident") return lineText(line, say, language);
	const client = nameOf(line.connection.client);
	if (line.kind !== "packet") return `${client}: ${lineText(line, say, language)}`;
	const { details, marks, name, subject } = labelOf(line, say);
	const what = [name, subject, ...details, ...marks.map(({ text }) => text)].filter(text => text !== "").join(", ");
	return line.fromClient ? say.sentence(client, say.broker, what) : say.sentence(say.broker, client, what);
}

/** Since the beginning: "12.345", "1:02.345", "1:00:02.345". */
export function relativeTime(at: number): string {
	const ms = Math.max(0, Math.round(at));
	const seconds = Math.floor(ms / 1000);
	const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
	const rest = `${seconds % 60}.${String(ms % 1000).padStart(3, "0")}`;
	if (seconds < 60) return rest;
	const padded = rest.padStart(6, "0");
	return hours === 0 ? `${minutes}:${padded}` : `${hours}:${String(minutes).padStart(2, "0")}:${padded}`;
}

/** The time of day, "13:05:12.345", where the page is. */
export function clockTime(atMs: number): string {
	const date = new Date(atMs);
	const two = (value: number) => String(value).padStart(2, "0");
	const ms = String(date.getMilliseconds()).padStart(3, "0");
	return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}
