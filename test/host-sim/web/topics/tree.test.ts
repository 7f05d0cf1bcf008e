import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Message } from "../../../../host-sim/web/model/link.js";
import { type Node, TopicTree } from "../../../../host-sim/web/topics/tree.js";

const encode = (text: string) => new TextEncoder().encode(text);
const message = (topic: string, text: string, part: Partial<Message> = {}): Message => ({
	topic,
	payload: encode(text),
	properties: new Uint8Array(0),
	qos: 0,
	retain: false,
	...part,
});

let tree: TopicTree;
let now: number;
beforeEach(() => {
	tree = new TopicTree();
	now = 0;
});

/** With 5.0, where the subscription was asked for once. */
function take(topic: string, text: string, part: Partial<Message> = {}, asked = 1, keepsRetain = true): void {
	now += 1000;
	tree.handle(message(topic, text, part), asked, keepsRetain, now);
}
const shown = (rows: readonly Node[]) => rows.map(({ depth, level }) => `${" ".repeat(depth - 1)}${level || "·"}`);
const texts = (topic: string) => tree.find(topic)!.values.map(({ payload }) => new TextDecoder().decode(payload));

describe("shape", () => {
	it("levels are in order, empty ones too, and numbers by their value", () => {
		for (const topic of ["b/10", "b/9", "/a", "a//c", "b", "a/"]) take(topic, "1");
		expect(shown(tree.rows())).toEqual(["·", " a", "a", " ·", "  c", "b", " 9", " 10"]);
		expect(tree.rows().map(({ topic }) => topic)).toEqual(["", "/a", "a", "a/", "a//c", "b", "b/9", "b/10"]);
	});

	it("counts topics and messages at every level", () => {
		take("a", "1");
		take("a/b", "1");
		take("a/b", "2");
		take("a/c/d", "1");
		const { count, messages, topics } = tree.find("a")!;
		expect([count, messages, topics]).toEqual([1, 4, 3]);
		expect([tree.root.messages, tree.root.topics]).toEqual([4, 3]);
		expect(tree.find("a/c")!.count).toBe(0);
	});

	it("opens and closes levels, alone and all at once", () => {
		take("a/b/c", "1");
		tree.open(tree.find("a")!, false);
		expect(shown(tree.rows())).toEqual(["a"]);
		tree.openAll(true);
		expect(shown(tree.rows())).toEqual(["a", " b", "  c"]);
		tree.openAll(false);
		expect(shown(tree.rows())).toEqual(["a"]);
	});

	it("only first levels are open in a tree that is not small", () => {
		for (let i = 0; i < 100; i += 1) take(`a/${i}/b`, "1");
		expect(tree.find("a")!.isOpen).toBe(true);
		expect(tree.find("a/99")!.isOpen).toBe(false);
	});

	it("a search shows topics that have that in them, however closed, with what is above", () => {
		for (const topic of ["lab/oven/status", "lab/door", "home/oven"]) take(topic, "1");
		tree.openAll(false);
		expect(shown(tree.rows(" OVEN/s "))).toEqual(["lab", " oven", "  status"]);
		expect(shown(tree.rows("oven"))).toEqual(["home", " oven", "lab", " oven", "  status"]);
		expect(tree.rows("nowhere")).toEqual([]);
	});

	it("is another version when rows are others, not when values are", () => {
		take("a", "1");
		const { version } = tree;
		take("a", "2");
		expect(tree.version).toBe(version);
		take("b", "1");
		expect(tree.version).not.toBe(version);
	});

	it("takes a topic with thousands of levels", () => {
		const topic = "/".repeat(20_000);
		take(topic, "1");
		tree.openAll(true);
		expect(tree.rows()).toHaveLength(20_001);
		expect(tree.find(topic)!.topic).toBe(topic);
	});
});

describe("values", () => {
	it("the last twenty stay, with time, QoS and retained mark", () => {
		for (let i = 1; i <= 30; i += 1) take("a", `${i}`, { qos: 1 });
		expect(texts("a")).toEqual(Array.from({ length: 20 }, (_, i) => `${i + 11}`));
		expect(tree.find("a")!.value).toMatchObject({ at: 30_000, qos: 1, retain: false, length: 2 });
		expect(tree.find("a")!.count).toBe(30);
		expect(tree.bytes).toBe(20 * (32 + 2));
		expect(tree.find("a")!.rate!.perMinute(now)).toBe(60);
	});

	it("what is retained stays marked when something else is published beside it", () => {
		take("a", "kept", { retain: true });
		take("a", "passing");
		expect(tree.find("a")).toMatchObject({ isRetained: true, count: 2 });
		expect(tree.find("a")!.value!.retain).toBe(false);
	});

	it("an empty retained message takes the topic away, and levels that lead nowhere", () => {
		take("a/b/c", "1", { retain: true });
		take("a/d", "1");
		take("a/b/c", "", { retain: true });
		expect(shown(tree.rows())).toEqual(["a", " d"]);
		expect([tree.root.topics, tree.root.messages, tree.nodes]).toEqual([1, 1, 2]);
		take("nowhere", "", { retain: true });
		expect(tree.find("nowhere")).toBeUndefined();
		// There is something below: only the value goes.
		take("a", "1", { retain: true });
		take("a", "", { retain: true });
		expect(tree.find("a")).toMatchObject({ count: 0, isRetained: false, topics: 1 });
	});

	it("an empty message that is not retained is a value", () => {
		take("a", "");
		expect(tree.find("a")!.value!.length).toBe(0);
		take("b", "1", { retain: true });
		take("b", "");
		expect(texts("b")).toEqual(["1", ""]);
	});

	it("3.1.1 does not tell live messages that they are retained: an empty one where something is kept takes it away", () => {
		take("a", "1", { retain: true }, 1, false);
		take("a", "", {}, 1, false);
		expect(tree.find("a")).toBeUndefined();
	});
});

describe("what is retained and told once more", () => {
	it("after the subscription was asked for again is no new message", () => {
		take("a", "1", { retain: true }, 1);
		take("a", "1", { retain: true }, 2);
		expect(tree.find("a")).toMatchObject({ count: 1, isRetained: true });
		// And this one has been published.
		take("a", "1", { retain: true }, 2);
		expect(tree.find("a")!.count).toBe(2);
	});

	it("but has become another is one", () => {
		take("a", "1", { retain: true }, 1);
		take("a", "2", { retain: true }, 2);
		expect(texts("a")).toEqual(["1", "2"]);
	});

	it("is never new in 3.1.1, where only what was kept is marked", () => {
		take("a", "1", { retain: true }, 1, false);
		take("a", "1", { retain: true }, 1, false);
		take("a", "1", {}, 1, false);
		expect(tree.find("a")!.count).toBe(2);
	});
});

describe("bounds", () => {
	it("topics beyond what is remembered are counted", () => {
		tree = new TopicTree({ topics: 2 });
		for (const topic of ["a", "b", "c", "a", "c"]) take(topic, "1");
		expect(tree.root.topics).toBe(2);
		expect(tree.passedOver).toBe(2);
		take("a", "", { retain: true });
		take("c", "1");
		expect(shown(tree.rows())).toEqual(["b", "c"]);
	});

	it("levels beyond what is remembered are not begun", () => {
		tree = new TopicTree({ nodes: 4 });
		take("a/b", "1");
		take("c/d/e", "1");
		expect(tree.passedOver).toBe(1);
		take("a/b/c/d", "1");
		expect([tree.passedOver, tree.nodes]).toEqual([1, 4]);
	});

	it("old values make room for new ones, wherever they are, and last values stay", () => {
		tree = new TopicTree({ bytes: 10 * (32 + 8) });
		take("still", "unmoved!", { retain: true });
		for (let i = 10; i < 40; i += 1) take("busy", `reading${i % 10}`);
		expect(texts("still")).toEqual(["unmoved!"]);
		expect(tree.find("busy")!.values).toHaveLength(9);
		expect(tree.bytes).toBeLessThanOrEqual(400);
		expect(tree.withoutPayload).toBe(0);
	});

	it("where last values alone fill it, only the length of another is kept", () => {
		tree = new TopicTree({ bytes: 200 });
		take("a", "x".repeat(150));
		take("b", "y".repeat(150));
		expect(tree.find("b")!.value).toMatchObject({ payload: undefined, length: 150 });
		expect(tree.withoutPayload).toBe(1);
		// The same again by way of the broker's memory is still the same.
		take("b", "y".repeat(150), { retain: true }, 2);
		expect(tree.find("b")!.count).toBe(1);
	});

	it("hold whatever comes, and what is counted is what is there", () => {
		const level = fc.constantFrom("", "a", "b", "c");
		const each = fc.record({
			topic: fc.array(level, { minLength: 1, maxLength: 4 }).map(levels => levels.join("/")),
			payload: fc.uint8Array({ maxLength: 40 }),
			retain: fc.boolean(),
			asked: fc.integer({ min: 1, max: 2 }),
			keepsRetain: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.array(each, { maxLength: 200 }), list => {
				const limits = { topics: 12, nodes: 25, bytes: 1000 };
				const tree = new TopicTree(limits);
				for (const [i, { asked, keepsRetain, ...part }] of list.entries())
					tree.handle(message(part.topic, "", part), asked, keepsRetain, i);
				tree.openAll(true);
				const rows = tree.rows();
				const values = rows.flatMap(node => node.values);
				const bytes = values.reduce((sum, { payload }) => sum + 32 + (payload?.length ?? 0), 0);
				expect(tree.bytes).toBe(bytes);
				// Beyond it only what values take besides, of topics that there are.
				expect(bytes).toBeLessThanOrEqual(limits.bytes + 32 * limits.topics);
				expect(rows).toHaveLength(tree.nodes);
				expect(tree.nodes).toBeLessThanOrEqual(limits.nodes);
				expect(tree.root.topics).toBe(rows.filter(({ count }) => count > 0).length);
				expect(tree.root.topics).toBeLessThanOrEqual(limits.topics);
				expect(tree.root.messages).toBe(rows.reduce((sum, { count }) => sum + count, 0));
				for (const node of rows) expect(node.topics).toBeGreaterThan(0);
			}),
		);
	});

	it("belongs to one broker: with another it begins anew", () => {
		const [one, other] = [{}, {}];
		tree.belongTo(one);
		take("a", "1");
		tree.belongTo(one);
		expect(tree.root.topics).toBe(1);
		tree.belongTo(other);
		expect(tree.root.topics).toBe(0);
	});

	it("clear forgets it all", () => {
		take("a", "1");
		tree.clear();
		expect([tree.rows().length, tree.bytes, tree.nodes, tree.root.topics]).toEqual([0, 0, 0, 0]);
	});
});
