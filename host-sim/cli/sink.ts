// thimble sink: readings from a broker into PostgreSQL or to a webhook.

import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Incoming } from "../../firmware/mqtt/client.js";
import { SHARED_SUBSCRIPTIONS_NOT_SUPPORTED } from "../../firmware/mqtt/reason.js";
import { UsageError } from "../fleet/scenario.js";
import { plain, sentence } from "../sentence.js";
import { DeadLetters } from "../sink/deadletter.js";
import { Intake } from "../sink/intake.js";
import { Postgres } from "../sink/postgres.js";
import type { BatchLimits } from "../sink/queue.js";
import { Sink } from "../sink/sink.js";
import type { Target } from "../sink/target.js";
import { Valve } from "../sink/valve.js";
import { Webhook } from "../sink/webhook.js";
import { Errand, FAILED, FINE, watchProcess } from "./errand.js";
import { type Flag, Flags } from "./flags.js";
import { EXIT_IMPOSSIBLE, type Help, helpText } from "./help.js";
import { LIMITS, LINK_FLAGS, type Link, linkOf } from "./link.js";
import { json } from "./option.js";
import { SinkReport } from "./sinkreport.js";
import { checkFilter, Subscriber } from "./subscriber.js";

const SINK_FLAGS: readonly Flag[] = [
	{
		names: ["--to"],
		value: "URL",
		help: "where readings go: postgres://[user[:password]@]host[:port]/database, or https://…",
	},
	{ names: ["--table"], value: "NAME", help: "postgres: the table (default readings), made if it is not there" },
	{ names: ["--header"], value: "TEXT", many: true, help: 'webhook: "Name: value"; may be repeated' },
	{
		names: ["--filter"],
		value: "FILTER",
		many: true,
		help: "subscribe to this (default thimble/+/telemetry); may be repeated",
	},
	{
		names: ["--share"],
		value: "NAME",
		help: "share the work with all sinks of that name; of MQTT 5.0, which it asks for; wants -i",
	},
	{ names: ["-q", "--qos"], value: "QOS", help: "1 (default) or 2" },
	{ names: ["--batch"], value: "COUNT", help: "readings that are written at once (default 500)" },
	{ names: ["--batch-time"], value: "SECONDS", help: "how long the first of them waits for others (default 0.02)" },
	{ names: ["--dead"], value: "FILE", help: "for what cannot be stored (default dead-letters.jsonl)" },
	json("a line"),
];
/** A sink has a session of its own, publishes nothing, and does not end by itself. */
const NOT_OURS = ["-I", "-c", "-W", "--will-topic", "--will-payload", "--will-qos", "--will-retain"];
/** These have defaults of their own. */
const OTHERWISE: Readonly<Record<string, string>> = {
	"-i": "client id (default: made of target and filters)",
	"-x": "with -V 5: how long the session outlives the connection (default for ever)",
};
const OUR_LINK_FLAGS = LINK_FLAGS.filter(({ names }) => !NOT_OURS.includes(names[0]!)).map(flag => ({
	...flag,
	help: OTHERWISE[flag.names[0]!] ?? flag.help,
}));

export const SINK: Help = {
	command: "sink",
	usage: ["postgres [URL] --to postgres://… [options]", "webhook [URL] --to https://… [options]"],
	purpose: "Brings readings from a broker into PostgreSQL or to a webhook, none lost, each once",
	options: { Options: SINK_FLAGS, "Where and how": OUR_LINK_FLAGS },
	more: {
		Acknowledgement: [
			"A message is acknowledged when the target has it, or the file of dead letters; until then the broker keeps it, also while",
			"the sink is away: its session stays. The client id is made of target and filters, unless -i gives one.",
			"-D goes with CONNECT, SUBSCRIBE and DISCONNECT.",
		],
	},
	exits: [
		["0", "stopped by Ctrl-C, and all that it had is written"],
		["1", "it did not work"],
		EXIT_IMPOSSIBLE,
		["130, 143", "stopped by a signal before it was connected, or by a second one at once"],
	],
	examples: [
		"sink postgres --to postgres://me@db.example/weather mqtt://broker.example",
		'sink webhook mqtt://broker.example --to https://example.com/readings --header "Authorization: Bearer …"',
	],
};

const TARGETS = ["postgres", "webhook"];
const FILTER = "thimble/+/telemetry";
const TABLE = "readings";
const DEAD_LETTERS = "dead-letters.jsonl";
const BATCH = 500;
/** As many messages as a client can hold. */
const MOST_BATCH = 1000;
/** Short: a 3.1.1 broker sends no more than its own window, which may be 20 messages, before it waits for us. */
const BATCH_MS = 20;
const BATCH_BYTES = 1_048_576;
const FOR_EVER = 0xffff_ffff;
/** How long what is under way may take to end, in ms. */
const FINISH_MS = 10_000;

/** Returns the exit code; throws UsageError or Misuse. */
export async function sink(args: readonly string[]): Promise<number> {
	const kind = TARGETS.includes(args[0] ?? "") ? args[0]! : undefined;
	const given = kind === undefined ? args : args.slice(1);
	const flags = new Flags([...SINK_FLAGS, ...OUR_LINK_FLAGS], withVersion(given));
	if (flags.has("--help")) {
		process.stdout.write(helpText(SINK));
		return FINE;
	}
	if (kind === undefined) throw new UsageError("where to? thimble sink postgres, or thimble sink webhook; see --help");
	const target = targetOf(kind, flags);
	const link = linkOf(flags, ["CONNECT", "SUBSCRIBE", "DISCONNECT"]);
	const filters = filtersOf(flags, link);
	const qos = (flags.integer("-q", 1, 2) ?? 1) as 1 | 2;
	const limits = {
		readings: flags.integer("--batch", 1, MOST_BATCH) ?? BATCH,
		bytes: BATCH_BYTES,
		timeMs: flags.milliseconds("--batch-time") ?? BATCH_MS,
	};
	const dead = new DeadLetters(flags.text("--dead") ?? DEAD_LETTERS);
	const refusal = await dead.refusal();
	if (refusal !== undefined) throw new UsageError(`--dead: ${dead.path} cannot be written to (${refusal})`);

	const how = flags.has("--json") ? "json" : process.stdout.isTTY ? "line" : "quiet";
	const say = (text: string) => {
		report?.wipe();
		console.error(`thimble: ${plain(text)}`);
	};
	const tell = flags.has("--quiet") ? () => {} : say;
	let report: SinkReport | undefined;
	const ready = await target.open();
	if (ready.kind === "refused") {
		tell(`${target.name}: ${ready.reason}`);
		await target.close();
		return FAILED;
	}
	if (ready.kind === "later") tell(`${target.name}: ${ready.reason}; the broker keeps the readings, trying again`);
	return work({ dead, filters, flags, limits, link, qos, say, target, tell }, each => {
		report = new SinkReport(process.stdout, how, () => each.waiting);
		return report;
	});
}

interface Work {
	readonly target: Target;
	readonly dead: DeadLetters;
	readonly filters: readonly string[];
	readonly flags: Flags;
	readonly link: Link;
	readonly limits: BatchLimits;
	readonly qos: 1 | 2;
	tell(text: string): void;
	say(text: string): void;
}

/** Until somebody ends it: the exit code. */
async function work(
	{ dead, filters, flags, limits, link, qos, say, target, tell }: Work,
	reportOn: (sink: Sink) => SinkReport,
): Promise<number> {
	const share = flags.text("--share");
	const intake = new Intake();
	const clientId = clientIdOf(flags, target, filters);
	const sink: Sink = new Sink({
		target,
		dead,
		limits,
		acknowledge: token => errand.client.acknowledge(token),
		tell,
		on: event => report.handle(event),
		onRoom: () => valve.handleRoom(),
	});
	const { limits: ours, socket } = link.options;
	/** When it is ending there is no room for anything. */
	const valve = new Valve(() => (isEnding ? 0 : (ours?.received ?? LIMITS.received) - sink.held));
	let isEnding = false;
	const report = reportOn(sink);
	const take = (packet: Incoming) => {
		const arrival = intake.take(packet);
		if (arrival !== undefined) sink.take(arrival);
	};
	let wasOnline = false;
	const errand: Errand = new Errand({
		client: {
			...link.options,
			socket: { ...socket, io: valve.around(socket.io) },
			clientId,
			cleanSession: false,
			// As at 3.1.1: what is for this sink is kept until it comes again.
			...(link.options.protocolVersion === 5 && { sessionExpiry: link.options.sessionExpiry ?? FOR_EVER }),
			onSubscribed(handle, code) {
				subscriber.handleSubscribed(handle, code);
				if (share !== undefined && code === SHARED_SUBSCRIPTIONS_NOT_SUPPORTED)
					tell("this broker shares no subscriptions: give each sink topics of its own, with --filter");
			},
			// Of a session that an earlier run has left.
			onMessage: take,
			onError(code, error) {
				if (error !== undefined) throw error;
				tell(sentence(code));
			},
		},
		url: link.url,
		goodbye: link.blocks.DISCONNECT,
		tell,
		...(flags.has("-d") && { debug: say }),
		onOnline(sessionPresent) {
			if (wasOnline && !sessionPresent)
				tell("the broker has forgotten the session: what it kept for this sink is lost");
			wasOnline = true;
			sink.handleBack(sessionPresent);
			report.print({ event: "online", client: clientId, sessionPresent });
		},
		onAway: () => sink.handleAway(),
		onInterrupt() {
			void finish().then(() => errand.end(FINE));
			return undefined;
		},
	});
	const finish = () => {
		isEnding = true;
		return Promise.race([sink.finish(), sleep(FINISH_MS, undefined, { ref: false })]);
	};
	const subscriber: Subscriber = new Subscriber({
		client: errand.client,
		subscribe: share === undefined ? filters : filters.map(filter => `$share/${share}/${filter}`),
		unsubscribe: [],
		how: {
			qos,
			stream: true,
			...(link.blocks.SUBSCRIBE !== undefined && { properties: link.blocks.SUBSCRIBE }),
		},
		onMessage: take,
		explain: code => errand.explain(code),
		tell,
		...(flags.has("-d") && { debug: say }),
		onAnswered(anyStands) {
			if (!anyStands) errand.end(FAILED);
		},
	});
	watchProcess(errand);
	errand.start();
	const code = await errand.done;
	// Where the broker has sent us away there is no acknowledging, but what is here may as well be stored.
	await finish();
	await target.close();
	if (sink.waiting > 0) tell(`not stored: ${sink.waiting} messages; the broker keeps those that are not of QoS 0`);
	report.close();
	return code;
}

/** Shared subscriptions are of 5.0, and ask for it. */
function withVersion(args: readonly string[]): readonly string[] {
	const isAsked = args.some(arg => arg === "--share" || arg.startsWith("--share="));
	const isSaid = args.some(arg => /^(-V|--protocol-version)/.test(arg));
	return isAsked && !isSaid ? ["-V", "5", ...args] : args;
}

function targetOf(kind: string, flags: Flags): Target {
	const to = flags.text("--to");
	if (to === undefined) throw new UsageError("where to? Give --to URL");
	if (kind === "postgres") {
		if (flags.has("--header")) throw new UsageError("--header is for a webhook");
		return new Postgres(to, flags.text("--table") ?? TABLE);
	}
	if (flags.has("--table")) throw new UsageError("--table is for postgres");
	return new Webhook(to, flags.texts("--header"));
}

function filtersOf(flags: Flags, link: Link): string[] {
	const filters = [...new Set([...(link.topic === undefined ? [] : [link.topic]), ...flags.texts("--filter")])];
	for (const filter of filters) {
		checkFilter(filter, link.topic === filter ? "URL" : "--filter");
		if (filter.startsWith("$share/")) throw new UsageError("--filter: give --share NAME for a shared subscription");
	}
	const share = flags.text("--share");
	if (share !== undefined) {
		if (share === "" || /[/+#]/.test(share)) throw new UsageError("--share: expected a name without /, + and #");
		if (link.options.protocolVersion !== 5) throw new UsageError("--share is of MQTT 5.0: leave -V out, or give -V 5");
		if (!flags.has("-i"))
			throw new UsageError(
				"--share: each sink wants an id of its own, by which it finds its session again: give -i too",
			);
	}
	return filters.length === 0 ? [FILTER] : filters;
}

/** The same sink has the same session when it starts again; another table or other topics have another one. */
function clientIdOf(flags: Flags, target: Target, filters: readonly string[]): string {
	const id = flags.text("-i");
	if (id !== undefined && id !== "") return id;
	const what = createHash("sha256")
		.update([target.place, ...filters].join("\n"))
		.digest("hex");
	// A 3.1.1 server need not take more than 23 characters [MQTT-3.1.3-5].
	return `thimble-sink-${what.slice(0, 10)}`;
}
