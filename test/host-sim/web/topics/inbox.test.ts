import { beforeEach, expect, it } from "vitest";
import type { Message, Subscription } from "../../../../host-sim/web/model/link.js";
import { Inbox } from "../../../../host-sim/web/topics/inbox.js";

interface Wanted extends Subscription {
	take(message: Message): void;
}
let wanted: Wanted[];
let inbox: Inbox;
let now: number;
beforeEach(() => {
	wanted = [];
	now = 0;
	const link = {
		subscribe(filter: string, take: (message: Message) => void): Subscription {
			const each: Wanted = {
				filter,
				take,
				granted: undefined,
				asked: 0,
				end: () => void wanted.splice(wanted.indexOf(each), 1),
			};
			wanted.push(each);
			return each;
		},
	};
	inbox = new Inbox(link, () => now);
});

function come(topic: string, length = 1): void {
	now += 1;
	const message = { topic, payload: new Uint8Array(length), properties: new Uint8Array(0), qos: 1, retain: false };
	for (const each of wanted) each.take(message);
}

it("lists the newest first, with the filter and the time", () => {
	inbox.subscribe("+", { qos: 1 });
	come("a");
	come("b");
	expect(inbox.messages.map(({ at, filter, topic }) => [topic, filter, at])).toEqual([
		["b", "+", 2],
		["a", "+", 1],
	]);
	expect(inbox.asked[0]!.count).toBe(2);
});

it("asks anew for a filter that is there, in its place", () => {
	inbox.subscribe("a", { qos: 0 });
	inbox.subscribe("b", { qos: 0 });
	inbox.subscribe("a", { qos: 2 });
	expect(inbox.asked.map(({ options, subscription }) => [subscription.filter, options.qos])).toEqual([
		["a", 2],
		["b", 0],
	]);
	expect(wanted.map(({ filter }) => filter)).toEqual(["b", "a"]);
	come("a");
	expect(inbox.asked[0]!.count).toBe(1);
});

it("ends a subscription", () => {
	inbox.subscribe("a", {});
	inbox.unsubscribe(inbox.asked[0]!.id);
	inbox.unsubscribe(99);
	expect([wanted, inbox.asked]).toEqual([[], []]);
});

it("stands still while it is paused, and counts", () => {
	inbox.subscribe("a", {});
	come("1");
	inbox.isPaused = true;
	come("2");
	come("3");
	expect(inbox.messages.map(({ topic }) => topic)).toEqual(["1"]);
	expect([inbox.passed, inbox.asked[0]!.count]).toEqual([2, 3]);
	inbox.isPaused = false;
	come("4");
	expect(inbox.messages.map(({ topic }) => topic)).toEqual(["4", "1"]);
	expect(inbox.passed).toBe(0);
});

it("remembers two hundred messages and one megabyte, and says how many it does not", () => {
	inbox.subscribe("a", {});
	for (let i = 0; i < 250; i += 1) come(`${i}`);
	expect([inbox.messages.length, inbox.forgotten, inbox.messages[0]!.topic]).toEqual([200, 50, "249"]);
	inbox.clear();
	expect([inbox.messages.length, inbox.forgotten]).toEqual([0, 0]);
	for (let i = 0; i < 40; i += 1) come("large", 60_000);
	expect([inbox.messages.length, inbox.forgotten]).toEqual([17, 23]);
});
