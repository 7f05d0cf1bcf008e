// The tree of topics, as it is known from the messages that come: the last value of each, what the broker keeps, how often something
// comes. Memory is bounded, whoever publishes what; what found no room is counted.

import { Rate } from "../../watch/rate.js";
import { Live } from "../live.js";
import { areEqual } from "../model/copies.js";
import type { Message } from "../model/link.js";

export interface Value {
	/** In ms of the page. */
	readonly at: number;
	/** undefined: there was no room for it. */
	readonly payload: Uint8Array | undefined;
	/** Bytes that it had. */
	readonly length: number;
	readonly properties: Uint8Array;
	readonly qos: number;
	readonly retain: boolean;
}

export interface TreeLimits {
	readonly topics: number;
	/** Levels of all topics together, where topics do not share them. */
	readonly nodes: number;
	/** Of payloads, properties, and what each value takes besides. */
	readonly bytes: number;
}

const LIMITS: TreeLimits = { topics: 10_000, nodes: 30_000, bytes: 1_048_576 };
/** Values of a topic that are remembered. */
const MOST_VALUES = 20;
/** What a value takes besides its bytes. */
const VALUE_BYTES = 32;
/** Levels that are open from the beginning; and in a small tree, all. */
const OPEN_DEPTH = 1;
const SMALL = 40;

const collator = new Intl.Collator("en", { numeric: true });

/** A level of the tree; it is a topic if there is a value. */
export class Node {
	readonly parent: Node | undefined;
	/** May be empty: that is a level, too. */
	readonly level: string;
	readonly depth: number;
	isOpen: boolean;
	/** In the order of their names. */
	readonly children: Node[] = [];
	readonly byLevel = new Map<string, Node>();
	/** The newest last. */
	readonly values: Value[] = [];
	/** The broker keeps a message for whoever subscribes. */
	isRetained = false;
	/** Messages to this very topic, and to it and all below. */
	count = 0;
	messages = 0;
	/** Topics here and below. */
	topics = 0;
	rate: Rate | undefined;
	/** To which request for the subscription its last message belongs. */
	asked = 0;

	constructor(parent: Node | undefined, level: string, isOpen: boolean) {
		this.parent = parent;
		this.level = level;
		this.depth = parent === undefined ? 0 : parent.depth + 1;
		this.isOpen = isOpen;
	}

	get value(): Value | undefined {
		return this.values.at(-1);
	}

	get topic(): string {
		const levels: string[] = [];
		for (let node: Node = this; node.parent !== undefined; node = node.parent) levels.push(node.level);
		return levels.reverse().join("/");
	}
}

/** A value that makes room when there is none. */
interface Spare {
	readonly node: Node;
	readonly value: Value;
}

export class TopicTree extends Live {
	root = new Node(undefined, "", true);
	/** It has become another picture, not only other values. */
	version = 0;
	/** Messages on topics beyond what is remembered, and payloads of which only the length is. */
	passedOver = 0;
	withoutPayload = 0;
	#owner: unknown;
	#nodes = 0;
	#bytes = 0;
	/** Values that are not the last of their topic, the oldest first. */
	#spare: Spare[] = [];
	#firstSpare = 0;
	readonly #limits: TreeLimits;

	constructor(limits: Partial<TreeLimits> = {}) {
		super();
		this.#limits = { ...LIMITS, ...limits };
	}

	get bytes(): number {
		return this.#bytes;
	}

	get nodes(): number {
		return this.#nodes;
	}

	/** What comes from now on is from there: of what has come from elsewhere nothing stays. */
	belongTo(owner: unknown): void {
		if (owner === this.#owner) return;
		this.#owner = owner;
		this.clear();
	}

	clear(): void {
		this.root = new Node(undefined, "", true);
		this.passedOver = 0;
		this.withoutPayload = 0;
		this.#nodes = 0;
		this.#bytes = 0;
		this.#spare = [];
		this.#firstSpare = 0;
		this.#reshape();
	}

	/**
	 * A message has come. `asked`: how often the subscription was asked for, which each time may bring what is retained once more.
	 * `keepsRetain`: with it live messages are marked as retained, too, where they were published so (5.0).
	 */
	handle(message: Message, asked: number, keepsRetain: boolean, now: number): void {
		const { payload, properties, qos, retain, topic } = message;
		const known = this.find(topic);
		// Without that mark, an empty message is all that is seen of a retained one being taken away.
		if (payload.length === 0 && (retain || (!keepsRetain && known?.isRetained === true))) {
			if (known !== undefined) this.#remove(known);
			return;
		}
		const last = known?.value;
		if (known !== undefined && last !== undefined && retain && (known.asked !== asked || !keepsRetain)) {
			known.asked = asked;
			// What is kept is told again, and nothing has been published.
			if (last.payload === undefined ? last.length === payload.length : areEqual(last.payload, payload)) {
				known.isRetained = true;
				this.changed();
				return;
			}
		}
		const node = known ?? this.#add(topic);
		if (node === undefined) {
			this.passedOver += 1;
			this.changed();
			return;
		}
		node.asked = asked;
		node.isRetained ||= retain;
		if (node.count > 0) node.rate ??= new Rate();
		node.rate?.handle(1, now);
		node.count += 1;
		for (let each: Node | undefined = node; each !== undefined; each = each.parent) each.messages += 1;
		this.#put(node, { at: now, payload, length: payload.length, properties, qos, retain });
		this.changed();
	}

	/** The level where that topic ends; undefined where nothing has been heard of it. */
	find(topic: string): Node | undefined {
		let node: Node | undefined = this.root;
		for (const level of topic.split("/")) {
			node = node.byLevel.get(level);
			if (node === undefined) return undefined;
		}
		return node;
	}

	open(node: Node, isOpen: boolean): void {
		if (node.isOpen === isOpen) return;
		node.isOpen = isOpen;
		this.#reshape();
	}

	openAll(isOpen: boolean): void {
		for (const node of walk(this.root, () => true)) node.isOpen = isOpen;
		this.#reshape();
	}

	/** What is to be seen, from the top down: open levels; with a search, all whose topics have that in them, and what is above. */
	rows(search = ""): Node[] {
		const wanted = search.trim().toLowerCase();
		if (wanted === "") return [...walk(this.root, node => node.isOpen)];
		const isWanted = new Set<Node>();
		for (const node of walk(this.root, () => true)) {
			if (node.count === 0 || !node.topic.toLowerCase().includes(wanted)) continue;
			for (let each: Node | undefined = node; each !== undefined && !isWanted.has(each); each = each.parent)
				isWanted.add(each);
		}
		return [...walk(this.root, () => true)].filter(node => isWanted.has(node));
	}

	#reshape(): void {
		this.version += 1;
		this.changed();
	}

	#add(topic: string): Node | undefined {
		const levels = topic.split("/");
		const { nodes, topics } = this.#limits;
		let node = this.root;
		let from = 0;
		for (; from < levels.length; from += 1) {
			const next = node.byLevel.get(levels[from]!);
			if (next === undefined) break;
			node = next;
		}
		if (this.root.topics >= topics || this.#nodes + levels.length - from > nodes) return undefined;
		for (const level of levels.slice(from)) {
			const child = new Node(node, level, node.depth < OPEN_DEPTH || this.root.topics < SMALL);
			node.byLevel.set(level, child);
			node.children.splice(placeOf(node.children, level), 0, child);
			node = child;
		}
		this.#nodes += levels.length - from;
		this.#reshape();
		return node;
	}

	#put(node: Node, value: Value): void {
		if (node.values.length === 0)
			for (let each: Node | undefined = node; each !== undefined; each = each.parent) each.topics += 1;
		const before = node.value;
		if (before !== undefined) this.#spare.push({ node, value: before });
		node.values.push(value);
		this.#bytes += sizeOf(value);
		if (node.values.length > MOST_VALUES) this.#bytes -= sizeOf(node.values.shift()!);
		while (this.#bytes > this.#limits.bytes && this.#firstSpare < this.#spare.length) this.#dropSpare();
		if (this.#bytes > this.#limits.bytes) {
			// All that is left are last values.
			this.#bytes -= sizeOf(value);
			node.values[node.values.length - 1] = { ...value, payload: undefined, properties: new Uint8Array(0) };
			this.#bytes += VALUE_BYTES;
			this.withoutPayload += 1;
		}
		// Moved now and then, so that what is gone takes no room and moving takes no time.
		const most = MOST_VALUES * 2000;
		if (this.#firstSpare > most || this.#spare.length > 2 * most) this.#tidy();
	}

	#dropSpare(): void {
		const { node, value } = this.#spare[this.#firstSpare]!;
		this.#firstSpare += 1;
		// The topic may have let it go already, or be gone itself.
		const at = node.values.indexOf(value);
		if (at < 0) return;
		node.values.splice(at, 1);
		this.#bytes -= sizeOf(value);
	}

	#tidy(): void {
		this.#spare = this.#spare.slice(this.#firstSpare).filter(({ node, value }) => node.values.includes(value));
		this.#firstSpare = 0;
	}

	/** With the levels above that lead nowhere else. */
	#remove(node: Node): void {
		if (node.count === 0) return;
		for (const value of node.values.splice(0)) this.#bytes -= sizeOf(value);
		const { count } = node;
		node.count = 0;
		node.isRetained = false;
		node.rate = undefined;
		for (let each: Node | undefined = node; each !== undefined; each = each.parent) {
			each.topics -= 1;
			each.messages -= count;
		}
		for (let each = node; each.parent !== undefined && each.topics === 0; each = each.parent) {
			each.parent.byLevel.delete(each.level);
			each.parent.children.splice(each.parent.children.indexOf(each), 1);
			this.#nodes -= 1;
		}
		this.#reshape();
	}
}

/** Levels below that one, each before what is below it, as far as they are open. No recursion: topics can have many levels. */
function* walk(root: Node, isOpen: (node: Node) => boolean): Generator<Node> {
	const stack = [...root.children].reverse();
	for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
		yield node;
		if (isOpen(node)) for (let i = node.children.length - 1; i >= 0; i -= 1) stack.push(node.children[i]!);
	}
}

function placeOf(children: readonly Node[], level: string): number {
	let low = 0;
	let high = children.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (collator.compare(children[middle]!.level, level) < 0) low = middle + 1;
		else high = middle;
	}
	return low;
}

function sizeOf({ payload, properties }: Value): number {
	return VALUE_BYTES + (payload?.length ?? 0) + properties.length;
}
