// thimble pub: messages to a broker, with the flags of mosquitto_pub.

import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../fleet/scenario.js";
import { plain } from "../sentence.js";
import { Errand, FAILED, FINE, watchProcess } from "./errand.js";
import { type Flag, Flags } from "./flags.js";
import { EXIT_FINE, EXIT_IMPOSSIBLE, type Help, helpText } from "./help.js";
import { LINK_FLAGS, linkOf } from "./link.js";
import { json } from "./option.js";
import { filePayload, linesOf, memoryPayload, type Payload, streamPayload } from "./payload.js";
import { Publisher } from "./publisher.js";

const MESSAGE_FLAGS: readonly Flag[] = [
	{ names: ["-t", "--topic"], value: "TOPIC", help: "where to publish, unless the URL says it" },
	{ names: ["-m", "--message"], value: "TEXT", help: "the message" },
	{ names: ["-n", "--null-message"], help: "an empty message; with -r it clears what is retained" },
	{ names: ["-f", "--file"], value: "FILE", help: "a file as a message, read while it is sent" },
	{ names: ["-s", "--stdin-file"], help: "standard input as one message" },
	{ names: ["-l", "--stdin-line"], help: "each line of standard input as a message, as it comes" },
	{ names: ["-q", "--qos"], value: "QOS", help: "0 (default), 1 or 2" },
	{ names: ["-r", "--retain"], help: "the broker keeps the message for those who come later" },
	{ names: ["--repeat"], value: "COUNT", help: "publish it so many times" },
	{ names: ["--repeat-delay"], value: "SECONDS", help: "from the delivery of one to the next" },
	json("a message, when it is delivered or is not, and one in the end"),
];

export const PUB: Help = {
	command: "pub",
	usage: ["[-h HOST] -t TOPIC -m TEXT [options]", "mqtt://[user[:password]@]host[:port]/topic -m TEXT [options]"],
	purpose: "Publishes to an MQTT broker, as mosquitto_pub does",
	options: { Options: MESSAGE_FLAGS, "Where and how": LINK_FLAGS },
	more: {
		Notes: [
			"It ends when the broker has all of it: at QoS 1 and 2, when it has said so.",
			"-D goes with CONNECT, PUBLISH, WILL and DISCONNECT.",
		],
	},
	exits: [
		EXIT_FINE,
		["1", "it did not work: no connection, or a message refused or lost"],
		EXIT_IMPOSSIBLE,
		["27", "out of time (-W)"],
		["130, 143", "stopped by a signal before it was done"],
	],
	examples: ["pub -t attic/lamp -m on -q 1", "pub mqtts://broker.example/attic/lamp --cafile ca.pem -m on --retain"],
};

/** Flags that say what is published. */
const SOURCES = ["-m", "-n", "-f", "-s", "-l"] as const;

/** How long a signal leaves to what is under way, in ms. */
const DRAIN_MS = 2000;

/** Returns the exit code; throws UsageError or Misuse. */
export async function pub(args: readonly string[]): Promise<number> {
	const flags = new Flags([...MESSAGE_FLAGS, ...LINK_FLAGS], args);
	if (flags.has("--help")) {
		process.stdout.write(helpText(PUB));
		return FINE;
	}
	const link = linkOf(flags, ["CONNECT", "PUBLISH", "WILL", "DISCONNECT"]);
	if (link.topic !== undefined && flags.has("-t")) throw new UsageError("-t and a URL with a topic do not go together");
	const topic = link.topic ?? flags.text("-t");
	if (topic === undefined) throw new UsageError("which topic? Give -t TOPIC");
	flags.atMostOne(...SOURCES);
	if (!SOURCES.some(name => flags.has(name)))
		throw new UsageError("which message? Give -m TEXT, -n, -f FILE, -s or -l");
	const qos = flags.integer("-q", 0, 2) ?? 0;
	const times = flags.integer("--repeat", 1, 2_147_483_647) ?? 1;
	const delayMs = flags.milliseconds("--repeat-delay") ?? 0;
	if (flags.has("--repeat-delay") && !flags.has("--repeat")) throw new UsageError("--repeat-delay needs --repeat");
	flags.atMostOne("-l", "--repeat");
	const payload = await payloadOf(flags);

	const say = (text: string) => console.error(`thimble: ${plain(text)}`);
	const tell = flags.has("--quiet") ? () => {} : say;
	const debug = flags.has("-d") ? { debug: say } : {};
	/** Those whose end is known. */
	let published = 0;
	/** Ends the wait between two messages. */
	const hurry = new AbortController();
	let stopped: number | undefined;
	let patience: NodeJS.Timeout | undefined;
	let handleOnline = () => {};
	const online = new Promise<void>(resolve => {
		handleOnline = resolve;
	});
	const errand: Errand = new Errand({
		client: { ...link.options, onPublishEnd: (ticket, end, code) => publisher.handleEnd(ticket, end, code) },
		url: link.url,
		goodbye: link.blocks.DISCONNECT,
		waitMs: flags.milliseconds("-W"),
		tell,
		...debug,
		onOnline() {
			handleOnline();
			publisher.handleRoom();
		},
		onInterrupt(code) {
			// What is under way may still arrive, if that is soon done.
			stopped = code;
			process.stdin.destroy();
			hurry.abort();
			patience = setTimeout(() => errand.end(code), DRAIN_MS);
			return undefined;
		},
		onEnd() {
			publisher.stop();
			process.stdin.destroy();
			hurry.abort();
			clearTimeout(patience);
		},
	});
	const publisher: Publisher = new Publisher({
		client: errand.client,
		topic,
		qos,
		retain: flags.has("-r"),
		properties: link.blocks.PUBLISH,
		explain: code => errand.explain(code),
		tell,
		...debug,
		...(flags.has("--json") && {
			ended(number: number, code: number) {
				published += 1;
				const event = code === 0 ? "published" : "failed";
				print({ event, number, topic, qos, ...(code !== 0 && { code, reason: plain(errand.explain(code)) }) });
			},
		}),
	});
	const work = async () => {
		await online;
		let left = payload === undefined ? 0 : times;
		if (payload === undefined) await publishLines(publisher);
		else
			while (left > 0 && stopped === undefined && !errand.isEnding) {
				await publisher.publish(payload);
				await publisher.settled();
				left -= 1;
				if (left > 0 && delayMs > 0) await sleep(delayMs, undefined, { signal: hurry.signal }).catch(() => {});
			}
		await publisher.settled();
		errand.end(publisher.failures > 0 ? FAILED : left > 0 ? (stopped ?? FAILED) : FINE);
	};
	watchProcess(errand);
	errand.start();
	const exit = await Promise.race([errand.done, work().then(() => errand.done)]);
	if (flags.has("--json"))
		print({ event: "summary", delivered: published - publisher.failures, failed: publisher.failures });
	return exit;
}

function print(event: object): void {
	process.stdout.write(`${JSON.stringify({ time: Date.now(), ...event })}\n`);
}

/** Undefined for lines, which come one after the other. */
async function payloadOf(flags: Flags): Promise<Payload | undefined> {
	const file = flags.text("-f");
	if (file !== undefined) return filePayload(file);
	if (flags.has("-s")) return streamPayload(process.stdin);
	if (flags.has("-l")) return undefined;
	return memoryPayload(Buffer.from(flags.text("-m") ?? ""));
}

async function publishLines(publisher: Publisher): Promise<void> {
	try {
		for await (const line of linesOf(process.stdin)) await publisher.publish(memoryPayload(line));
	} catch (error) {
		// Somebody has ended it while we were reading.
		if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
	}
}
