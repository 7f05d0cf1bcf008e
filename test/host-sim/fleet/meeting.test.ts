// The parts of a run meet at a broker, in virtual time: nothing is left to the order in which they come, or to luck.

import { describe, expect, it } from "vitest";
import type { SocketOptions } from "../../../firmware/io.js";
import { Meeting, type MeetingOptions } from "../../../host-sim/fleet/meeting.js";
import { TestWorld } from "../../support/world.js";

class Party {
	readonly world = new TestWorld();
	readonly told: string[] = [];
	readonly #dead = new Set<string>();

	/** Part `number` of `count`, with what it is told as "2 begin". */
	come(number: number, count: number, more: Partial<MeetingOptions> = {}): Meeting {
		const life = more.life ?? `life${number}`;
		const say = (what: string) => this.told.push(`${number} ${what}`);
		const io = this.world.collaborators(life);
		const isDead = () => this.#dead.has(life);
		class Mortal extends io.socket.io {
			constructor(options: SocketOptions) {
				if (isDead()) throw new Error("nobody there");
				super(options);
			}
		}
		const meeting = new Meeting({
			run: "r",
			shard: { number, count },
			fingerprint: "same",
			life,
			waitMs: 10_000,
			client: { ...io, socket: { io: Mortal } },
			on: {
				begin: missing => say(`begin${missing.map(each => ` without ${each}`).join("")}`),
				stop: () => say("stop"),
				fail: why => say(`fail: ${why}`),
				reported: (texts, missing) =>
					say(`has ${JSON.stringify([...texts])}${missing.map(each => `, ${each}`).join("")}`),
				ended: code => say(`ends with ${code}`),
				closed: () => say("closed"),
			},
			...more,
		});
		meeting.open();
		return meeting;
	}

	/** As a process dies: its connection ends, and there is no other. */
	die(life: string): void {
		this.#dead.add(life);
		this.world.link(life).cut();
	}

	/** What they were told in the next so many ms. */
	after(milliseconds: number): string[] {
		this.world.run(milliseconds);
		return this.told.splice(0).sort();
	}

	/** What is left at the broker. */
	get left(): string[] {
		return [...this.world.broker.retained.matching("thimble-run/#")].map(({ topic }) => topic);
	}
}

describe("the parts of a run", () => {
	it.each([
		[1, 2, 3],
		[3, 2, 1],
		[2, 1, 3],
	])("begin together when all are there, whoever comes first: %i, %i, %i", (...order) => {
		const party = new Party();
		for (const number of order.slice(0, 2)) party.come(number, 3);
		expect(party.after(3000)).toEqual([]);
		party.come(order[2]!, 3);
		expect(party.after(500)).toEqual(["1 begin", "2 begin", "3 begin"]);
	});

	it("stop together, report to the first, hear how it ended, and leave nothing behind", () => {
		const party = new Party();
		const [one, two, three] = [1, 2, 3].map(number => party.come(number, 3));
		party.after(500);
		two!.stop();
		expect(party.after(500)).toEqual(["1 stop", "2 stop", "3 stop"]);
		three!.report("third");
		one!.report("");
		expect(party.after(500)).toEqual([]);
		// In many pieces, and of signs of all sizes.
		const long = "Grüße 🍳 ".repeat(4000);
		two!.report(long);
		expect(party.after(5000)).toEqual([
			`1 has ${JSON.stringify([
				[2, long],
				[3, "third"],
			])}`,
		]);
		expect(party.left.length).toBeGreaterThan(5);
		one!.end(1);
		expect(party.after(5000)).toEqual(["1 closed", "2 closed", "2 ends with 1", "3 closed", "3 ends with 1"]);
		// What the others said last may be left: "here" is theirs.
		expect(party.left).toEqual([]);
	});

	it("begin without one that does not come, which is told", () => {
		const party = new Party();
		const one = party.come(1, 3);
		party.come(2, 3).report("too early");
		expect(party.after(9000)).toEqual([]);
		expect(party.after(1500)).toEqual(["1 begin without 3", "2 begin"]);
		const late = party.come(3, 3);
		expect(party.after(60_000)).toEqual([
			"3 closed",
			"3 fail: no first part of the run has called: it has not come, or has begun already",
		]);
		late.close();
		one.report("");
		// Nobody has asked the second to report.
		expect(party.after(21_000)).toEqual(["1 has [], part 2/3 has not reported, part 3/3 did not come"]);
	});

	it("tell of one that dies in between", () => {
		const party = new Party();
		const one = party.come(1, 2);
		party.come(2, 2);
		party.after(500);
		party.die("life2");
		one.report("");
		expect(party.after(9000)).toEqual(["1 has [], part 2/2 died"]);
	});

	it("stop where the first dies, and end with 1", () => {
		const party = new Party();
		party.come(1, 2);
		party.come(2, 2);
		party.after(500);
		party.die("life1");
		expect(party.after(4000)).toEqual([]);
		expect(party.after(5000)).toEqual(["2 closed", "2 ends with 1", "2 stop"]);
	});

	it("who has lost but its connection is not taken for dead", () => {
		const party = new Party();
		const [one, two] = [1, 2].map(number => party.come(number, 2));
		party.after(500);
		for (const life of ["life1", "life2"]) {
			party.world.link(life).cut();
			expect(party.after(30_000)).toEqual([]);
		}
		two!.report("all well");
		party.world.link("life2").cut();
		one!.report("");
		expect(party.after(4000)).toEqual(['1 has [[2,"all well"]]']);
		party.world.link("life1").cut();
		one!.end(0);
		expect(party.after(9000)).toContain("2 ends with 0");
		expect(party.left).toEqual([]);
	});

	describe("at a broker that forgets what is retained, as a node of a cluster does", () => {
		function forgetful(party: Party): () => void {
			const desk = party.world.client("desk", { limits: { topicBytes: 1024, topics: 40 } });
			desk.open();
			party.world.run(100);
			return () => {
				for (const topic of party.left) desk.publish(topic, "", { qos: 0, retain: true });
				party.world.run(20);
				expect(party.left).toEqual([]);
			};
		}

		it("meet whoever comes first: who calls does so again", () => {
			for (const order of [
				[1, 2],
				[2, 1],
			]) {
				const party = new Party();
				const forget = forgetful(party);
				party.come(order[0]!, 2);
				party.world.run(500);
				forget();
				party.come(order[1]!, 2);
				expect(party.after(3000)).toEqual(["1 begin", "2 begin"]);
			}
		});

		it("wait no longer for the first to begin because it calls again", () => {
			const party = new Party();
			const forget = forgetful(party);
			party.come(1, 3, { waitMs: 100_000 });
			party.come(2, 3);
			party.world.run(60_000);
			party.die("life1");
			forget();
			const second = (milliseconds: number) => party.after(milliseconds).filter(line => line.startsWith("2"));
			expect(second(44_000)).toEqual([]);
			expect(second(3000)).toEqual(["2 closed", "2 fail: the first part of the run does not begin"]);
		});

		it("stop, also who was away when that was said", () => {
			for (const asking of [1, 2]) {
				const party = new Party();
				const forget = forgetful(party);
				const meetings = [1, 2].map(number => party.come(number, 2));
				expect(party.after(500)).toEqual(["1 begin", "2 begin"]);
				party.world.link(`life${3 - asking}`).cut();
				meetings[asking - 1]!.stop();
				party.world.run(20);
				forget();
				const told = party.after(5000);
				expect(told).toContain(`${3 - asking} stop`);
				// And that is all that is said.
				party.world.told();
				party.world.run(8000);
				expect(party.world.told()).toEqual([]);
			}
		});

		it("report again to the first that was away", () => {
			const party = new Party();
			const forget = forgetful(party);
			const [one, two] = [1, 2].map(number => party.come(number, 2));
			expect(party.after(500)).toEqual(["1 begin", "2 begin"]);
			party.world.link("life1").cut();
			two!.report("all well");
			party.world.run(20);
			forget();
			one!.report("");
			expect(party.after(4000)).toEqual(['1 has [[2,"all well"]]']);
			one!.end(0);
			expect(party.after(5000)).toEqual(["1 closed", "2 closed", "2 ends with 0"]);
			expect(party.left).toEqual([]);
		});
	});

	it("leave no session behind; and go also where the broker has gone before they could say all", () => {
		const party = new Party();
		const [one, two] = [1, 2].map(number => party.come(number, 2));
		party.after(500);
		expect([...party.world.broker.sessions.keys()].sort()).toEqual(["thimble-run-life1", "thimble-run-life2"]);
		two!.report("all well");
		one!.report("");
		party.after(500);
		one!.end(0);
		party.after(5000);
		expect([...party.world.broker.sessions.keys()]).toEqual([]);
		const other = new Party();
		other.come(1, 2);
		const lonely = other.come(2, 2);
		other.after(500);
		other.die("life2");
		// More than its client has room for while it is offline.
		lonely.report("a long report ".repeat(20_000));
		lonely.close();
		expect(other.after(40_000)).toContain("2 closed");
	});

	it("have the same scenario, or do not meet", () => {
		const party = new Party();
		party.come(1, 2);
		party.come(2, 2, { fingerprint: "other" });
		const told = party.after(500);
		expect(told).toEqual([
			"2 closed",
			"2 fail: the first part runs another scenario, or another number of parts, under the same name",
		]);
		party.come(2, 2, { life: "again" });
		expect(party.after(500)).toEqual(["1 begin", "2 begin"]);
	});

	it("are each there once: who comes second as the same part is told so", () => {
		const party = new Party();
		party.come(2, 2);
		party.come(2, 2, { life: "twin" });
		party.come(1, 2);
		const told = party.after(500);
		expect(told.filter(line => line.endsWith("begin"))).toEqual(["1 begin", "2 begin"]);
		expect(told).toContain("2 fail: the run has begun without this process as part 2");
	});

	it("are not fooled by what a run that died has left behind", () => {
		const party = new Party();
		const desk = party.world.client("desk");
		desk.open();
		party.world.run(100);
		const leave = (topic: string, text: string) =>
			desk.publish(`thimble-run/r/${topic}`, text, { qos: 1, retain: true });
		leave("lead", '{"life":"old","fingerprint":"same","state":"start","lives":{"2":"x"}}');
		leave("shard/2", '{"life":"x","to":"old","state":"done","pieces":1}');
		leave("part/2/x/0", "old");
		leave("shard/9", "no JSON");
		party.world.run(100);
		const two = party.come(2, 2);
		expect(party.after(1000)).toEqual([]);
		const one = party.come(1, 2);
		expect(party.after(1000)).toEqual(["1 begin", "2 begin"]);
		one.report("");
		two.report("new");
		expect(party.after(1000)).toEqual(['1 has [[2,"new"]]']);
		one.end(0);
		expect(party.after(5000)).toContain("2 ends with 0");
		expect(party.left).toEqual([]);
	});

	it("a run of one part begins at once", () => {
		const party = new Party();
		const one = party.come(1, 1);
		expect(party.after(100)).toEqual(["1 begin"]);
		one.report("");
		expect(party.after(100)).toEqual(["1 has []"]);
	});
});
