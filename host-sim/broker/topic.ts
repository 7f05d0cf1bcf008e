// Topic grammar and matching on strings (section 4.7), written apart from the firmware's on purpose: what checks
// the client must not share its mistakes.

/** Levels that a topic may have: as in other brokers, so that matching has a bounded depth. */
const LEVELS = 200;

export function isTopicName(name: string): boolean {
	return isSized(name) && !/[+#]/.test(name);
}

/** A topic filter, or a shared subscription's: $share/name/filter [MQTT-4.8.2-1] [MQTT-4.8.2-2]. */
export function isTopicFilter(filter: string): boolean {
	if (!isSized(filter)) return false;
	if (!isShared(filter)) return isPlainFilter(filter);
	const { share, rest } = splitShared(filter);
	return share !== "" && !/[+#]/.test(share) && rest !== "" && isPlainFilter(rest);
}

/** More levels than the broker takes, which is no fault of the grammar. */
export function isTooDeep(topic: string): boolean {
	return topic.split("/").length > LEVELS;
}

export function hasWildcards(filter: string): boolean {
	return /[+#]/.test(filter);
}

export function isShared(filter: string): boolean {
	return filter.startsWith("$share/");
}

/** The name of a shared subscription and the filter behind it, either "" where it is missing. */
export function splitShared(filter: string): { share: string; rest: string } {
	const share = filter.split("/", 2)[1]!;
	return { share, rest: filter.slice("$share/".length + share.length + 1) };
}

function isSized(topic: string): boolean {
	return topic.length > 0 && Buffer.byteLength(topic) <= 65_535 && !topic.includes("\0") && !isTooDeep(topic);
}

function isPlainFilter(filter: string): boolean {
	const levels = filter.split("/");
	return levels.every(
		(level, i) => level === "+" || (level === "#" && i === levels.length - 1) || !hasWildcards(level),
	);
}

/** A tree of topic filters by level, each with values of type T by key. */
export class FilterTree<T> {
	readonly #root = new Node<T>();

	set(filter: string, key: string, value: T): void {
		let node = this.#root;
		for (const level of filter.split("/")) {
			let child = node.children.get(level);
			if (child === undefined) {
				child = new Node<T>();
				node.children.set(level, child);
			}
			node = child;
		}
		node.values.set(key, value);
	}

	delete(filter: string, key: string): void {
		this.#delete(this.#root, filter.split("/"), 0, key);
	}

	/** Calls `visit` for every filter's every value whose filter matches the topic name. */
	match(name: string, visit: (key: string, value: T) => void): void {
		this.#match(this.#root, name.split("/"), 0, visit);
	}

	#match(node: Node<T>, levels: string[], i: number, visit: (key: string, value: T) => void): void {
		// Wildcards in the first level do not see the server's own topics [MQTT-4.7.2-1].
		const wild = i > 0 || !levels[0]!.startsWith("$");
		if (wild) node.children.get("#")?.visitAll(visit);
		if (i === levels.length) {
			node.visitAll(visit);
			return;
		}
		const exact = node.children.get(levels[i]!);
		if (exact !== undefined) this.#match(exact, levels, i + 1, visit);
		const plus = wild ? node.children.get("+") : undefined;
		if (plus !== undefined) this.#match(plus, levels, i + 1, visit);
	}

	#delete(node: Node<T>, levels: string[], i: number, key: string): void {
		if (i === levels.length) {
			node.values.delete(key);
			return;
		}
		const child = node.children.get(levels[i]!);
		if (child === undefined) return;
		this.#delete(child, levels, i + 1, key);
		if (child.children.size === 0 && child.values.size === 0) node.children.delete(levels[i]!);
	}
}

class Node<T> {
	readonly children = new Map<string, Node<T>>();
	readonly values = new Map<string, T>();

	visitAll(visit: (key: string, value: T) => void): void {
		for (const [key, value] of this.values) visit(key, value);
	}
}
