import { describe, expect, it } from "vitest";
import { FilterTree, isTopicFilter, isTopicName } from "../../../host-sim/broker/topic.js";

describe("topics of the broker", () => {
	it("[MQTT-3.3.2-2] [MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.3-1] have their grammar", () => {
		expect(["a", "/", "a//b", "$SYS/x", "ä b"].every(isTopicName)).toBe(true);
		expect(["", "a+", "#", "a\0", "x".repeat(65_536), "a/".repeat(200)].some(isTopicName)).toBe(false);
		expect(["#", "+", "a/+/b", "+/#", "/", "$share"].every(isTopicFilter)).toBe(true);
		expect(["", "a#", "#/a", "a+/b", "++", "a\0", "a/".repeat(200)].some(isTopicFilter)).toBe(false);
	});

	it("a filter tree holds several values a filter, and forgets what was deleted", () => {
		const tree = new FilterTree<number>();
		tree.set("a/+", "x", 1);
		tree.set("a/+", "y", 2);
		tree.set("a/b", "x", 3);
		tree.set("#", "z", 4);
		const found = (name: string) => {
			const values: number[] = [];
			tree.match(name, (_key, value) => values.push(value));
			return values.sort();
		};
		expect(found("a/b")).toEqual([1, 2, 3, 4]);
		expect(found("$x")).toEqual([]);
		tree.delete("a/+", "x");
		tree.delete("never/there", "x");
		tree.delete("#", "z");
		expect(found("a/b")).toEqual([2, 3]);
		tree.set("a/b", "x", 5);
		expect(found("a/b")).toEqual([2, 5]);
	});
});
