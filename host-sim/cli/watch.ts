// thimble watch: the boards at a broker, as a table in a terminal, as lines, or once.

import { UsageError } from "../fleet/scenario.js";
import { plain, sentence } from "../sentence.js";
import type { Happening, WatchedBoard } from "../watch/board.js";
import { COLUMN_NAMES, type ColumnName, columnValue, type Filter, isColumn, parseFilter } from "../watch/column.js";
import { FILTERS, WatchedFleet } from "../watch/fleet.js";
import { firmwareText, headOf, layoutOf, rowOf } from "./boardtable.js";
import { BoardView } from "./boardview.js";
import { Errand, FAILED, FINE, watchProcess } from "./errand.js";
import { type Flag, Flags } from "./flags.js";
import { FullScreen } from "./fullscreen.js";
import { EXIT_IMPOSSIBLE, type Help, helpText } from "./help.js";
import { LINK_FLAGS, linkOf } from "./link.js";
import { NO_COLOUR } from "./option.js";
import { colours, refuseColours } from "./screen.js";
import { Subscriber } from "./subscriber.js";

const WATCH_FLAGS: readonly Flag[] = [
	{ names: ["--filter"], value: "TEXT", help: "only boards that fit, see below" },
	{ names: ["--sort"], value: "COLUMN", help: "in this order (default board)" },
	{ names: ["--reverse"], help: "the other way round" },
	{ names: ["--once"], help: "wait for what is retained and a moment longer, print the table, end" },
	{ names: ["--json"], help: "one JSON object a line; with --once one a board, and a summary" },
	{ names: ["-q", "--qos"], value: "QOS", help: "of the subscriptions: 0 (default), 1 or 2" },
	NO_COLOUR,
];
/** A watcher leaves nothing behind: no session, no will. */
const NOT_OURS = ["-D", "-c", "-x", "--will-topic", "--will-payload", "--will-qos", "--will-retain"];
const OUR_LINK_FLAGS = LINK_FLAGS.filter(({ names }) => !NOT_OURS.includes(names[0]!));

export const WATCH: Help = {
	command: "watch",
	usage: ["[-h HOST] [options]", "mqtt://[user[:password]@]host[:port] [options]"],
	purpose: "Shows the boards at a broker as a table: who is there, and what is missing",
	options: { Options: WATCH_FLAGS, "Where and how": OUR_LINK_FLAGS },
	more: {
		Columns: [`${COLUMN_NAMES.slice(0, 10).join(", ")},`, COLUMN_NAMES.slice(10).join(", ")],
		Filter: [
			"Words, all of which have to hold: part of a name, of a state or of a version; COLUMN:TEXT, COLUMN=TEXT; or COLUMN<NUMBER",
			"and >, <=, >=, where times are in seconds and memory is in bytes.",
		],
		Keys: [
			"q quit; / filter, Return keeps it, Escape drops it; s next column to sort by, r reverse; arrows, Page Up and Down, Home,",
			"End; Return: all that is known of a board, Escape back",
		],
		Notes: [
			"Without a terminal it prints a line for each thing worth knowing. It ends at q, Ctrl-C, or as --once and -W say.",
		],
	},
	exits: [
		["0", "fine; also at q and Ctrl-C"],
		["1", "it did not work, or with --once a board that is shown is offline"],
		EXIT_IMPOSSIBLE,
		["27", "out of time (-W)"],
		["129", "the terminal has gone"],
		["130, 143", "stopped by a signal before it was connected"],
	],
	examples: [
		"watch mqtt://192.168.1.10",
		'watch mqtt://192.168.1.10 --once --filter "state:online rssi<-70 missing>0"',
	],
};

/** --once: how long at least, how long nothing retained may have come, and how long at most, in ms. */
const MOMENT_MS = 1000;
const QUIET_MS = 300;
const MOST_MS = 10_000;
const LOOK_MS = 50;
/** Room for every column, where there is no terminal. */
const WIDE = 240;

interface Wishes {
	readonly filter: Filter;
	readonly filterText: string;
	readonly sort: ColumnName;
	readonly isReversed: boolean;
}

/** Returns the exit code; throws UsageError or Misuse. */
export async function watch(args: readonly string[]): Promise<number> {
	const flags = new Flags([...WATCH_FLAGS, ...OUR_LINK_FLAGS], args);
	if (flags.has("--help")) {
		process.stdout.write(helpText(WATCH));
		return FINE;
	}
	if (flags.has("--no-color")) refuseColours();
	const wishes = wishesOf(flags);
	const qos = flags.integer("-q", 0, 2) ?? 0;
	const link = linkOf(flags, []);
	if (link.topic !== undefined)
		throw new UsageError("URL: what boards publish has topics of its own: leave the topic out");
	const url = plain(link.url);
	const json = flags.has("--json");
	const once = flags.has("--once");
	const isTable = !json && !once && process.stdout.isTTY === true;

	const say = (text: string) => {
		if (!flags.has("--quiet")) console.error(`thimble: ${plain(text)}`);
	};
	let screen: FullScreen | undefined;
	/** What was told while nobody could read it. */
	let told = "";
	const tell = (text: string) => {
		if (screen === undefined) {
			say(text);
			return;
		}
		told = text;
		view.trouble = plain(text);
		screen.request();
	};
	const on = json && !once ? jsonEvents(wishes.filter) : isTable || once ? undefined : lineEvents(wishes.filter);
	const fleet = new WatchedFleet(on === undefined ? {} : { on });
	const view = new BoardView({
		fleet,
		url,
		filter: wishes.filterText,
		sort: wishes.sort,
		isReversed: wishes.isReversed,
	});
	let retainedAt = 0;

	const errand: Errand = new Errand({
		client: {
			...link.options,
			onSubscribed: (handle, code) => subscriber.handleSubscribed(handle, code),
			onError(code, error) {
				if (error !== undefined) throw error;
				tell(sentence(code));
			},
		},
		url,
		waitMs: flags.milliseconds("-W"),
		tell,
		...(flags.has("-d") && { debug: (text: string) => screen === undefined && say(text) }),
		onOnline() {
			view.trouble = "";
			if (!isTable || screen !== undefined) return;
			screen = new FullScreen(view, process.stdin, process.stdout, () => {
				// Whoever asks twice does not want to wait for a goodbye.
				if (errand.isEnding) process.exit(FINE);
				errand.end(FINE);
			});
			screen.open();
		},
		onAway: () => fleet.handleAway(),
		onInterrupt: () => FINE,
	});
	const subscriber: Subscriber = new Subscriber({
		client: errand.client,
		subscribe: FILTERS,
		unsubscribe: [],
		how: { qos },
		onMessage(message) {
			const now = Date.now();
			if (message.retain) retainedAt = now;
			fleet.handleMessage(message.topic, message.payload(), message.retain, now);
			screen?.request();
		},
		explain: code => errand.explain(code),
		tell,
		onAnswered(anyStands) {
			if (!anyStands) errand.end(FAILED);
			else if (once) settle(Date.now());
		},
	});
	const settle = (since: number) => {
		const now = Date.now();
		const isQuiet = now - since >= MOMENT_MS && now - retainedAt >= QUIET_MS;
		if (errand.isEnding) return;
		if (!isQuiet && now - since < MOST_MS) setTimeout(() => settle(since), LOOK_MS);
		else errand.end(printOnce(fleet, wishes, json, now));
	};

	watchProcess(errand);
	// The terminal has gone: what is left of it gets back what it was.
	process.on("SIGHUP", () => process.exit(129));
	errand.start();
	const code = await errand.done;
	screen?.close();
	if (screen !== undefined && code !== FINE && told !== "") say(told);
	return code;
}

function wishesOf(flags: Flags): Wishes {
	const filterText = flags.text("--filter") ?? "";
	const filter = parseFilter(filterText);
	if (typeof filter === "string") throw new UsageError(`--filter: ${filter}`);
	const sort = flags.text("--sort") ?? "board";
	if (!isColumn(sort)) throw new UsageError(`--sort: expected one of ${COLUMN_NAMES.join(", ")}`);
	return { filter, filterText, sort, isReversed: flags.has("--reverse") };
}

/** Returns the exit code. */
function printOnce(fleet: WatchedFleet, { filter, isReversed, sort }: Wishes, json: boolean, now: number): number {
	const boards = fleet.select(filter, { by: sort, isReversed }, now);
	const { stdout } = process;
	const count = (presence: string) => boards.filter(board => board.presence === presence).length;
	const counts = {
		online: count("online"),
		offline: count("offline"),
		sleeping: count("sleeping"),
		unknown: count("unknown"),
	};
	if (json) {
		for (const board of boards) print({ event: "board", ...boardJson(board, now) });
		print({ event: "summary", boards: boards.length, ...counts });
	} else {
		const layout = layoutOf(boards, stdout.isTTY ? (stdout.columns ?? 80) : WIDE);
		const rows = boards.map(board => rowOf(board, layout, false, now, colours(stdout)));
		const shown = Object.entries(counts).filter(
			([name, number]) => number > 0 || name === "online" || name === "offline",
		);
		const last = `${boards.length} boards: ${shown.map(([name, number]) => `${number} ${name}`).join(", ")}`;
		stdout.write(`${[headOf(layout, sort, isReversed), ...rows, last].join("\n")}\n`);
	}
	return counts.offline > 0 ? FAILED : FINE;
}

/** All columns by name, and what has no column. */
function boardJson(board: WatchedBoard, now: number): object {
	const { answer, diagnostics, firmware, isRetained, name, reading } = board;
	const columns = Object.fromEntries(
		COLUMN_NAMES.filter(each => each !== "board").map(each => [each, columnValue(board, each, now)]),
	);
	return { device: name, ...columns, retained: isRetained, reading, diagnostics, answer, version: firmware };
}

type Listen = (what: Happening, board: WatchedBoard) => void;

function jsonEvents(filter: Filter): Listen {
	return (what, board) => {
		if (filter(board, Date.now())) print(what);
	};
}

/** A line for each thing worth knowing: readings and reports are not, one by one. */
function lineEvents(filter: Filter): Listen {
	const refused = new Set<string>();
	return (what, board) => {
		if (!filter(board, Date.now())) return;
		// Who publishes rubbish does it often.
		if (what.event === "malformed") {
			const key = `${what.device} ${what.topic}`;
			if (refused.has(key) || refused.size > 10_000) return;
			refused.add(key);
		}
		const text = textOf(what);
		if (text !== undefined) process.stdout.write(`${what.device} ${text}\n`);
	};
}

function textOf(what: Happening): string | undefined {
	switch (what.event) {
		case "presence":
			return `${what.presence}${what.retained ? ", retained" : ""}`;
		case "missing":
			return `missing ${what.count} from reading ${what.seq} on, boot ${what.boot}`;
		case "filled":
			return `filled in ${what.count} from reading ${what.seq} on, boot ${what.boot}`;
		case "restarted":
			return `restarted, boot ${what.boot}`;
		case "answer":
			return `answers ${what.answer.command}: ${what.answer.error ?? (what.answer.ok ? "done" : "not done")}`;
		case "update":
			return what.firmware === undefined ? "tells nothing of its firmware" : `firmware ${firmwareText(what.firmware)}`;
		case "malformed":
			return `says on ${what.topic} what no board says`;
		case "forgotten":
			return "is forgotten: its status was taken away";
		default:
			return undefined;
	}
}

function print(event: object): void {
	process.stdout.write(`${JSON.stringify({ time: Date.now(), ...event })}\n`);
}
