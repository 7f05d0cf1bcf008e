// What is seen of all connections, for the pages that asked for it: the newest of it is remembered, the rest is told as it comes,
// many entries at a time. A page that asks for more than it can take is told how many it has missed; nobody waits for it.

import type { Entry } from "../record/recording.js";
import type { Seen } from "./protocol.js";

/** What is remembered at most: entries, and bytes of their packets. */
const MOST_ENTRIES = 5000;
const MOST_BYTES = 2 * 1024 * 1024;
/** How long entries gather before they are told, in ms. */
const GATHER_MS = 50;
/** How many entries a second a page is told, and how many at once after a quiet while. */
const RATE = 2000;
/** A page that has not taken so many bytes is slow. */
const SLOW_BYTES = 1024 * 1024;
/** How many entries of a connection wait until it is known whose it is. */
const MOST_HELD = 16;

/** Somebody who looks on. */
export interface Viewer {
	/** What has been seen, and how many more entries there were that are left out. */
	take(seen: readonly Seen[], left: number): void;
	/** Bytes that are still on their way to him. */
	waitingBytes(): number;
}

export interface View {
	/** Tells of these clients from now on, and first what is remembered of them. */
	see(clients: "all" | readonly string[]): void;
	close(): void;
}

/** A connection, as far as it is known. */
interface Track {
	client: string | undefined;
	/** What came before its client was known. */
	held: Item[];
}

interface Item {
	readonly n: number;
	readonly entry: Entry;
	readonly track: Track;
	/** What it takes of the memory. */
	readonly bytes: number;
}

export class Feed {
	readonly #tracks = new Map<number, Track>();
	/** The newest, the oldest of them at `#first`. */
	#items: Item[] = [];
	#first = 0;
	#bytes = 0;
	#count = 0;
	readonly #pages = new Set<Page>();
	#timer: NodeJS.Timeout | undefined;
	readonly #now: () => number;

	/** `now` tells real time in ms, for the rate. */
	constructor(now: () => number = () => performance.now()) {
		this.#now = now;
	}

	/** The next entry of a recorder. */
	put(entry: Entry): void {
		const track = this.#trackOf(entry);
		const bytes = entry.event === "packet" ? entry.bytes.length : 0;
		this.#count += 1;
		const item: Item = { n: this.#count, entry, track, bytes };
		this.#remember(item);
		const isNewlyKnown = track.held.length > 0 && track.client !== undefined;
		for (const page of this.#pages) {
			if (isNewlyKnown) for (const held of track.held) page.put(held, false);
			page.put(item, true);
		}
		if (track.client !== undefined) track.held = [];
		else if (track.held.length < MOST_HELD) track.held.push(item);
		if (entry.event === "end") this.#tracks.delete(entry.connection);
		if (this.#timer === undefined && [...this.#pages].some(page => page.isWaiting))
			this.#timer = setTimeout(() => this.#tell(), GATHER_MS).unref();
	}

	/** Somebody who is told nothing until he asks. */
	open(viewer: Viewer): View {
		const page = new Page(viewer, this.#now);
		this.#pages.add(page);
		return {
			see: clients => {
				page.see(clients, this.#remembered());
			},
			close: () => this.#pages.delete(page),
		};
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#pages.clear();
	}

	#tell(): void {
		this.#timer = undefined;
		for (const page of this.#pages) page.tell();
	}

	#trackOf(entry: Entry): Track {
		let track = this.#tracks.get(entry.connection);
		if (track === undefined) {
			track = { client: undefined, held: [] };
			this.#tracks.set(entry.connection, track);
		}
		if (entry.event === "packet" && entry.client !== undefined) track.client = entry.client;
		return track;
	}

	#remember(item: Item): void {
		this.#items.push(item);
		this.#bytes += item.bytes;
		while (this.#items.length - this.#first > MOST_ENTRIES || this.#bytes > MOST_BYTES) {
			this.#bytes -= this.#items[this.#first]!.bytes;
			this.#first += 1;
		}
		// Moved now and then, so that what is forgotten takes no room and moving takes no time.
		if (this.#first < MOST_ENTRIES) return;
		this.#items = this.#items.slice(this.#first);
		this.#first = 0;
	}

	#remembered(): readonly Item[] {
		return this.#items.slice(this.#first);
	}
}

class Page {
	readonly #viewer: Viewer;
	readonly #now: () => number;
	#clients: "all" | ReadonlySet<string> = new Set();
	#waiting: Item[] = [];
	#left = 0;
	/** How many entries it may be told, as of a moment. */
	#allowed = RATE;
	#allowedAt: number;

	constructor(viewer: Viewer, now: () => number) {
		this.#viewer = viewer;
		this.#now = now;
		this.#allowedAt = now();
	}

	get isWaiting(): boolean {
		return this.#waiting.length > 0 || this.#left > 0;
	}

	/** What waits is among what is remembered, or too old. */
	see(clients: "all" | readonly string[], remembered: readonly Item[]): void {
		this.#clients = clients === "all" ? "all" : new Set(clients);
		const items = remembered.filter(item => this.#wants(item));
		this.#waiting = [];
		if (items.length > 0) this.#give(items);
	}

	/** `isNew`: it has just come; if not, who asked for all has had it. */
	put(item: Item, isNew: boolean): void {
		if (!this.#wants(item) || (!isNew && this.#clients === "all")) return;
		const now = this.#now();
		this.#allowed = Math.min(RATE, this.#allowed + ((now - this.#allowedAt) * RATE) / 1000);
		this.#allowedAt = now;
		if (this.#allowed < 1) {
			this.#left += 1;
			return;
		}
		this.#allowed -= 1;
		this.#waiting.push(item);
	}

	tell(): void {
		if (!this.isWaiting) return;
		const items = this.#waiting;
		this.#waiting = [];
		this.#give(items);
	}

	#give(items: Item[]): void {
		if (this.#viewer.waitingBytes() > SLOW_BYTES) {
			this.#left += items.length;
			return;
		}
		const left = this.#left;
		this.#left = 0;
		// Those that had to wait until their client was known belong further to the front.
		items.sort((a, b) => a.n - b.n);
		this.#viewer.take(items.map(seenOf), left);
	}

	#wants({ track }: Item): boolean {
		return this.#clients === "all" || (track.client !== undefined && this.#clients.has(track.client));
	}
}

function seenOf({ entry, n, track: { client } }: Item): Seen {
	const { connection, time: at } = entry;
	switch (entry.event) {
		case "begin":
			return { n, at, connection, event: "begin", peer: entry.peer };
		case "end":
			return { n, at, connection, event: "end", ...(client !== undefined && { client }), by: entry.by, how: entry.how };
		case "packet": {
			const { bytes, from, masked, partial } = entry;
			return {
				n,
				at,
				connection,
				event: "packet",
				...(client !== undefined && { client }),
				from,
				bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex"),
				...(masked && { masked }),
				...(partial && { partial }),
			};
		}
	}
}
