// Topic grammar and matching on strings (3.1.1 section 4.7), written apart from the firmware's on purpose: what checks
// the client must not share its mistakes.

/** Levels that a topic may have: as in other brokers, so that matching has a bounded depth. */
const LEVELS = 200;

export function isTopicName(name: string): boolean {
	if (name.length === 0 || Buffer.byteLength(name) > 65_535 || name.split("/").length > LEVELS) return false;
	return !/[+#\0]/.test(name);
}

export function isTopicFilter(filter: string): boolean {
	if (filter.length === 0 || Buffer.byteLength(filter) > 65_535 || filter.includes("\0")) return false;
	const levels = filter.split("/");
	if (levels.length > LEVELS) return false;
	return levels.every(
		(level, i) =>
			level === "+" || (level === "#" && i === levels.length - 1) || (!level.includes("+") && !level.includes("#")),
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
