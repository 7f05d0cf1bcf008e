// thimble sub: prints what a broker sends, with the flags of mosquitto_sub.

import { UsageError } from "../fleet/scenario.js";
import { plain, sentence } from "../sentence.js";
import { Errand, FAILED, FINE, watchProcess } from "./errand.js";
import { type Flag, Flags } from "./flags.js";
import { type Format, plainFormat, sequenceFormat } from "./format.js";
import { EXIT_IMPOSSIBLE, type Help, helpText } from "./help.js";
import { LINK_FLAGS, type Link, linkOf } from "./link.js";
import { Gatherer, type Message } from "./message.js";
import { checkFilter, isMatch, Subscriber } from "./subscriber.js";

const MESSAGE_FLAGS: readonly Flag[] = [
	{ names: ["-t", "--topic"], value: "FILTER", many: true, help: "subscribe to this; may be repeated" },
	{ names: ["-q", "--qos"], value: "QOS", help: "0 (default), 1 or 2" },
	{ names: ["-v", "--verbose"], help: "print the topic and a space before the payload" },
	{ names: ["-C"], value: "COUNT", help: "end after so many messages" },
	{ names: ["-E"], help: "end when the broker has answered all subscriptions" },
	{ names: ["-N"], help: "no line feed behind a message" },
	{ names: ["-F"], value: "FORMAT", help: "print by this format, see below" },
	{ names: ["--json"], help: "one JSON object a message: -F %j" },
	{ names: ["--pretty"], help: "JSON over several lines" },
	{ names: ["-R", "--no-retained"], help: "leave out what was retained" },
	{ names: ["--retained-only"], help: "only what was retained; end at the first message that was not" },
	{ names: ["--remove-retained"], help: "clear each retained message that comes" },
	{ names: ["--retain-as-published"], help: "with -V 5: messages keep the retain flag of their publisher" },
	{ names: ["-T", "--filter-out"], value: "FILTER", many: true, help: "leave out topics that match; may be repeated" },
	{ names: ["-U", "--unsubscribe"], value: "FILTER", many: true, help: "with -c: unsubscribe; may be repeated" },
];

export const SUB: Help = {
	command: "sub",
	usage: ["[-h HOST] -t FILTER [-t FILTER …] [options]", "mqtt://[user[:password]@]host[:port]/filter [options]"],
	purpose: "Prints what an MQTT broker sends, as mosquitto_sub does",
	options: { Options: MESSAGE_FLAGS, "Where and how": LINK_FLAGS },
	more: {
		Format: [
			"%t topic   %p payload   %x %X payload in hexadecimal   %l its length   %q QoS   %r retained   %m packet id",
			"%j JSON    %J JSON with a payload that is JSON         %I ISO 8601     %U seconds since 1970   %% %",
			"%C content type   %D correlation data   %E expiry   %F format   %P user properties   %R response topic",
			"%S subscription identifier   %A topic alias",
			"@Y @m @d @H @M @S @z … as in strftime, @N nanoseconds, @@ @;   \\n \\t \\r \\0 \\e \\a \\v \\\\",
			"%20t and %-20t pad, %020l with zeros, %.8t cuts",
		],
		Notes: [
			"It ends at Ctrl-C, or as -C, -E and -W say.",
			"-D goes with CONNECT, WILL, SUBSCRIBE, UNSUBSCRIBE and DISCONNECT.",
		],
	},
	exits: [
		["0", "fine; also at Ctrl-C"],
		["1", "it did not work: no connection, or all subscriptions refused"],
		EXIT_IMPOSSIBLE,
		["27", "out of time (-W)"],
		["130, 143", "stopped by a signal before it was connected"],
	],
	examples: ["sub -t 'attic/#' -v", "sub mqtts://broker.example/attic/+ --cafile ca.pem --json"],
};

/** Returns the exit code; throws UsageError or Misuse. */
export async function sub(args: readonly string[]): Promise<number> {
	const flags = new Flags([...MESSAGE_FLAGS, ...LINK_FLAGS], args);
	if (flags.has("--help")) {
		process.stdout.write(helpText(SUB));
		return FINE;
	}
	const link = linkOf(flags, ["CONNECT", "WILL", "SUBSCRIBE", "UNSUBSCRIBE", "DISCONNECT"]);
	flags.atMostOne("-R", "--retained-only");
	const say = (text: string) => console.error(`thimble: ${plain(text)}`);
	const tell = flags.has("--quiet") ? () => {} : say;
	const errand = subscription(flags, link, tell, flags.has("-d") ? say : undefined);
	watchProcess(errand);
	errand.start();
	return errand.done;
}

function subscription(
	flags: Flags,
	link: Link,
	tell: (text: string) => void,
	debug: ((text: string) => void) | undefined,
): Errand {
	const subscribe = [...new Set([...(link.topic === undefined ? [] : [link.topic]), ...flags.texts("-t")])];
	const unsubscribe = flags.texts("-U");
	if (subscribe.length + unsubscribe.length === 0) throw new UsageError("which topics? Give -t FILTER");
	for (const filter of subscribe) checkFilter(filter, link.topic === filter ? "URL" : "-t");
	for (const filter of unsubscribe) checkFilter(filter, "-U");
	const left = flags.texts("-T");
	for (const filter of left) checkFilter(filter, "-T");
	const qos = flags.integer("-q", 0, 2) ?? 0;
	const count = flags.integer("-C", 1, 2_147_483_647);
	const asPublished = flags.has("--retain-as-published");
	if (asPublished && link.options.protocolVersion !== 5)
		throw new UsageError("--retain-as-published is of MQTT 5.0: give -V 5 too");
	const format = formatOf(flags, tell);
	const retained = flags.has("-R") ? false : flags.has("--retained-only") ? true : undefined;
	const gatherer = new Gatherer();
	let shown = 0;
	/** No more messages are wanted, but what was published for --remove-retained is still under way. */
	let isDone = false;

	const finish = () => {
		isDone = true;
		if (errand.client.unsettled === 0) errand.end(FINE);
	};
	const show = (message: Message) => {
		if (isDone || errand.isEnding) return;
		if (retained === true && !message.retain) return finish();
		if (left.some(filter => isMatch(filter, message.topic))) return;
		if (message.retain && flags.has("--remove-retained")) remove(message.topic);
		if (retained === false && message.retain) return;
		process.stdout.write(format(message));
		shown += 1;
		if (shown === count) finish();
	};
	const remove = (topic: string) => {
		const ticket = errand.client.publish(topic, "", { qos: 1, retain: true });
		if (ticket < 0) tell(`"${topic}" is not cleared: ${sentence(-ticket)}`);
	};
	const errand: Errand = new Errand({
		client: {
			...link.options,
			onSubscribed: (handle, code) => subscriber.handleSubscribed(handle, code),
			onUnsubscribed: (handle, code) => subscriber.handleUnsubscribed(handle, code),
			onPublishEnd() {
				if (isDone) finish();
			},
			// Of a session that an earlier run has left.
			onMessage: packet => handle(packet),
			onError(code, error) {
				if (error !== undefined) throw error;
				tell(sentence(code));
			},
		},
		url: link.url,
		goodbye: link.blocks.DISCONNECT,
		waitMs: flags.milliseconds("-W"),
		tell,
		...(debug !== undefined && { debug }),
		onInterrupt: () => FINE,
	});
	const handle = (packet: Parameters<Gatherer["take"]>[0]) => {
		const message = gatherer.take(packet, Date.now());
		if (message !== undefined) show(message);
	};
	const subscriber: Subscriber = new Subscriber({
		client: errand.client,
		subscribe,
		unsubscribe,
		how: {
			qos,
			stream: true,
			...(asPublished && { retainAsPublished: true }),
			...(link.blocks.SUBSCRIBE !== undefined && { properties: link.blocks.SUBSCRIBE }),
		},
		takenBack: link.blocks.UNSUBSCRIBE,
		onMessage: handle,
		explain: code => errand.explain(code),
		tell,
		...(debug !== undefined && { debug }),
		onAnswered(anyStands) {
			if (!anyStands) errand.end(FAILED);
			else if (flags.has("-E")) errand.end(FINE);
		},
	});
	return errand;
}

function formatOf(flags: Flags, tell: (text: string) => void): Format {
	flags.atMostOne("-F", "--json");
	const text = flags.has("--json") ? "%j" : flags.text("-F");
	const newline = !flags.has("-N");
	const pretty = flags.has("--pretty");
	if (text !== undefined) return sequenceFormat(text, { pretty, newline, tell });
	if (pretty) throw new UsageError("--pretty is for JSON: give --json or -F too");
	return plainFormat(flags.has("-v"), newline);
}
