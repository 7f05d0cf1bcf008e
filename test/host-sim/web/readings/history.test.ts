import { expect, it } from "vitest";
import { Frames } from "../../../../host-sim/web/live.js";
import { Fleet, Session } from "../../../../host-sim/web/model/session.js";
import { History, historyOf } from "../../../../host-sim/web/readings/history.js";

function make() {
	const fleet = new Fleet(new Frames(() => {}));
	const history = new History(fleet, () => 1_000_000);
	const say = (id: string, kind: string, value: unknown, isRetained = false) => {
		const text = typeof value === "string" ? value : JSON.stringify(value);
		fleet.handleMessage(`thimble/${id}/${kind}`, new TextEncoder().encode(text), isRetained);
	};
	const read = (id: string, seq: number, more: object = {}) => say(id, "telemetry", { boot: 1, seq, ...more });
	return { fleet, history, read, say };
}

it("keeps what boards read, at their time or at the time of day", () => {
	const { history, read } = make();
	read("a", 1, { time: 5000, temperature: 20 });
	read("a", 2);
	read("b", 1);
	expect([history.of("a")?.time(0), history.of("a")?.time(1), history.of("b")?.count]).toEqual([5000, 1_000_000, 1]);
	expect([history.of("c"), history.now]).toEqual([undefined, 1_000_000]);
});

it("knows what is missing as the fleet does", () => {
	const { history, read } = make();
	for (const seq of [1, 2, 7]) read("a", seq, { time: 1000 * seq });
	expect(history.of("a")?.breakBefore(2)).toEqual({ missing: 4 });
});

it("passes over what is retained: nobody knows of when it is", () => {
	const { history, say } = make();
	say("a", "telemetry", { boot: 1, seq: 1 }, true);
	expect(history.of("a")).toBe(undefined);
});

it("forgets a board that is gone for good, and all of them at another broker", () => {
	const { fleet, history, read, say } = make();
	read("a", 1);
	read("b", 1);
	say("a", "status", "");
	expect([history.of("a"), history.of("b")?.count]).toEqual([undefined, 1]);
	fleet.forget();
	read("c", 1);
	expect([history.of("b"), history.of("c")?.count]).toEqual([undefined, 1]);
});

it("has more room for boards that are looked at, where there are many", () => {
	const { history, read } = make();
	for (let i = 0; i < 1000; i += 1) read(`b${i}`, 1);
	history.prefer(["b0"]);
	for (let seq = 2; seq <= 1000; seq += 1) {
		read("b0", seq);
		read("b1", seq);
	}
	expect([history.of("b0")?.count, history.of("b1")?.count]).toEqual([1000, 600]);
	history.prefer([]);
	read("b0", 1001);
	expect(history.of("b0")?.count).toBe(600);
});

it("is one for each session", () => {
	const session = new Session({ origin: "http://127.0.0.1:1" });
	expect(historyOf(session)).toBe(historyOf(session));
	expect(historyOf(new Session({ origin: "http://127.0.0.1:1" }))).not.toBe(historyOf(session));
	expect(Math.abs(historyOf(session).now - Date.now())).toBeLessThan(5000);
});
