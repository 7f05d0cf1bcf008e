import { expect, it } from "vitest";
import { Choice } from "../../../../host-sim/web/readings/choice.js";

const many = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

it("is the first few as long as nobody has chosen, whoever comes", () => {
	const choice = new Choice();
	expect([choice.offer([]), choice.ids]).toEqual([false, []]);
	expect([choice.offer(["b", "c"]), choice.ids]).toEqual([true, ["b", "c"]]);
	expect([choice.offer(many), choice.ids]).toEqual([true, ["a", "b", "c", "d"]]);
	const { lines } = choice;
	expect([choice.offer(many), choice.lines === lines]).toEqual([false, true]);
	choice.toggle("b");
	expect([choice.offer(["x"]), choice.ids]).toEqual([false, ["a", "c", "d"]]);
});

it("leaves each board its line, and gives one that is free to the next", () => {
	const choice = new Choice();
	choice.offer(many);
	choice.toggle("b");
	expect([choice.lines, choice.has("b"), choice.has("c")]).toEqual([["a", undefined, "c", "d"], false, true]);
	choice.toggle("z");
	expect(choice.lines).toEqual(["a", "z", "c", "d"]);
	choice.toggle("y");
	expect(choice.lines).toEqual(["a", "z", "c", "d", "y"]);
});

it("is a new list whenever it is another", () => {
	const choice = new Choice();
	const before = choice.lines;
	choice.toggle("a");
	expect(choice.lines).not.toBe(before);
});

it("is eight at most", () => {
	const choice = new Choice();
	for (const id of many) choice.toggle(id);
	expect([choice.isFull, choice.ids]).toEqual([true, many.slice(0, 8)]);
	choice.toggle("c");
	expect(choice.isFull).toBe(false);
});

it("can be one alone", () => {
	const choice = new Choice();
	choice.offer(many);
	choice.set("x");
	expect([choice.lines, choice.offer(many)]).toEqual([["x"], false]);
});
