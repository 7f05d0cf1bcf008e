// The users of a run by themselves, and in worlds: who comes in, what they may, and that a seed still gives the same run.

import { createHash } from "node:crypto";
import type { IConnectPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import type { Entry, Guard } from "../../../host-sim/broker/guard.js";
import { NOT_AUTHORIZED, Refusal } from "../../../host-sim/broker/reason.js";
import { checkScenario } from "../../../host-sim/fleet/scenario.js";
import { Simulation } from "../../../host-sim/fleet/simulation.js";
import { Roster, type RosterOptions } from "../../../host-sim/security/roster.js";
import { seattle } from "../../../host-sim/sensor/air.js";
import { connectPacket } from "../../support/knock.js";

const TRANSPORT = { peer: "board", write: () => {}, close: () => {} };
const OWN = { publish: ["thimble/%u/#"], subscribe: ["thimble/%u/#"] };
const { boards } = checkScenario({ devices: 2 }, "");

function rosterOf(given: Partial<RosterOptions> = {}): Roster {
	return new Roster({ boards, secret: name => `secret of ${name}`, access: [OWN], ...given });
}

/** Who that is, or the reason against it. */
async function ask(roster: Guard, username?: string, password?: string): Promise<string> {
	const given: Partial<IConnectPacket> = {
		...(username !== undefined && { username }),
		...(password !== undefined && { password: Buffer.from(password) }),
	};
	try {
		const { owner } = await roster.authenticate(connectPacket(5, "x", given), TRANSPORT);
		return `${owner.kind} ${owner.name}`;
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		return error.reason.toString(16);
	}
}

const client = (name: string) => ({ clientId: "x", owner: { kind: "user", name } as const });

describe("the users of a run", () => {
	it("are its boards, its page and its operator, each with a password of its own, and those of the scenario", async () => {
		const roster = rosterOf({ users: { ann: "hers", "board-02": "given" } });
		expect(await ask(roster, "board-01", "secret of board-01")).toBe("user board-01");
		expect(await ask(roster, "board-02", "given")).toBe("user board-02");
		expect(await ask(roster, "ann", "hers")).toBe("user ann");
		const { operator, page } = roster;
		expect(page).toEqual({ userName: "page", password: "secret of page" });
		expect(await ask(roster, page.userName, page.password)).toBe("user page");
		expect(await ask(roster, operator.userName, operator.password)).toBe("user operator");
	});

	it.each([
		["a wrong password", "ann", "his", "86"],
		["half of it", "ann", "her", "86"],
		["more than it", "ann", "herss", "86"],
		["it twice", "ann", "hershers", "86"],
		["none", "ann", undefined, "86"],
		["an empty one", "ann", "", "86"],
		["another user's", "ann", "secret of board-01", "86"],
		["a name that nobody has", "bob", "hers", "86"],
		["a name that every object has", "toString", "", "86"],
		["an empty name", "", "", "86"],
		["no name", undefined, undefined, "87"],
	])("with %s nobody comes in", async (_what, name, password, reason) => {
		expect(await ask(rosterOf({ users: { ann: "hers" } }), name, password)).toBe(reason);
	});

	it("may what the rules say; only the page and the operator may all, where they are not the scenario's, and nobody $SYS", () => {
		const roster = rosterOf();
		const may = (name: string, action: "publish" | "subscribe", topic: string) =>
			roster.authorize(client(name), action, topic) === undefined;
		expect(may("board-01", "publish", "thimble/board-01/a")).toBe(true);
		expect(may("board-01", "publish", "thimble/board-02/a")).toBe(false);
		expect(may("board-01", "subscribe", "#")).toBe(false);
		for (const name of ["page", "operator"]) {
			expect(may(name, "subscribe", "#")).toBe(true);
			expect(may(name, "publish", "thimble/board-02/a")).toBe(true);
			expect(may(name, "publish", "$SYS/x")).toBe(false);
		}
		const held = rosterOf({ users: { page: "its own" } });
		expect(held.page.password).toBe("its own");
		expect(held.authorize(client("page"), "subscribe", "#")).toBe(NOT_AUTHORIZED);
	});

	it("say what their plan has, and else what is right", () => {
		const roster = rosterOf({ users: { ann: "hers" } });
		const said = (given: object) => roster.credentialsOf({ ...boards[0]!, ...given });
		expect(said({})).toEqual({ userName: "board-01", password: "secret of board-01" });
		expect(said({ password: "wrong" })).toEqual({ userName: "board-01", password: "wrong" });
		expect(said({ userName: "ann" })).toEqual({ userName: "ann", password: "hers" });
		expect(said({ userName: "board-02" })).toEqual({ userName: "board-02", password: "secret of board-02" });
		// What the page may is for the page.
		for (const userName of ["bob", "page", "operator"]) expect(said({ userName })).toEqual({ userName });
	});

	it("are beside those of somebody else, who is asked about all others; the page's name is nobody's there", async () => {
		const asked: string[] = [];
		const entry = (name: string): Entry => ({ owner: { kind: "user", name } });
		const beyond: Guard = {
			authenticate({ clientId, username = "" }) {
				asked.push(`${clientId} ${username}`);
				if (username === "late page") return Promise.resolve(entry("page"));
				return username === "no" ? Promise.reject(new Refusal(0x86, "no")) : entry(username);
			},
			authorize: ({ owner }, action, topic) =>
				owner?.name === "ops" ? undefined : Number(`${action} ${topic}`.length),
		};
		const roster = rosterOf({ beyond });
		expect(await ask(roster, "board-01", "secret of board-01")).toBe("user board-01");
		expect(asked).toEqual([]);
		expect(await ask(roster, "ops", "theirs")).toBe("user ops");
		expect(await ask(roster, "board-01", "theirs")).toBe("user board-01");
		expect(await ask(roster, "no", "theirs")).toBe("86");
		for (const name of ["page", "late page", "operator"]) expect(await ask(roster, name, "theirs")).toBe("86");
		expect(roster.authorize(client("ops"), "publish", "a")).toBeUndefined();
		expect(roster.authorize(client("board-01"), "publish", "a")).toBe(9);
	});
});

describe("a world with users", () => {
	const scenario = (given: object = {}) =>
		checkScenario(
			{
				protocol: "5",
				interval: "1s",
				groups: [
					{ name: "board", devices: 2 },
					{ name: "guest", devices: 1, password: "a slip" },
					{ name: "thief", devices: 1, userName: "board-01" },
					{ name: "mute", devices: 1 },
				],
				security: {
					users: { "board-02": "given" },
					access: [
						{ user: "board-01", ...OWN },
						{ user: "board-02", ...OWN },
						{ user: "mute-01", publish: ["thimble/mute-01/status"] },
					],
				},
				...given,
			},
			"",
		);

	function play(given: object = {}, durationMs = 60_000) {
		const hash = createHash("sha256");
		const codes = new Map<string, number[]>();
		const simulation: Simulation = new Simulation(scenario(given), {
			air: seattle,
			on(event) {
				hash.update(`${simulation?.now} ${JSON.stringify(event)}`);
				if (event.event === "offline" || event.event === "refused")
					codes.set(event.device, [...(codes.get(event.device) ?? []), event.code]);
			},
			frame: bytes => hash.update(bytes),
		});
		simulation.advance(durationMs);
		return { codes, simulation, digest: hash.digest("hex") };
	}

	it("lets in who is right; a wrong password, a will beyond one's own topics and readings there are refused with their reasons", () => {
		const { codes, simulation } = play();
		const online = simulation.fleet.boards.filter(({ isOnline }) => isOnline).map(({ deviceId }) => deviceId);
		expect(online).toEqual(["board-01", "board-02", "mute-01"]);
		expect(codes.get("guest-01")![0]).toBe(0x86);
		expect(codes.get("thief-01")![0]).toBe(0x87);
		expect(new Set(codes.get("mute-01"))).toEqual(new Set([0x87]));
		expect(codes.has("board-01")).toBe(false);
		expect(simulation.world.broker.sessions.get("board-01")!.owner).toEqual({ kind: "user", name: "board-01" });
	});

	it("who was refused tries again slowly: in ten minutes no more than a few times", () => {
		const { codes } = play({}, 600_000);
		const attempts = codes.get("guest-01")!.filter(code => code === 0x86).length;
		expect(attempts).toBeGreaterThan(1);
		expect(attempts).toBeLessThan(6);
	});

	it("says the same in 3.1.1: return codes 4 and 5", () => {
		const { codes } = play({ protocol: "3.1.1" });
		expect([codes.get("guest-01")![0], codes.get("thief-01")![0]]).toEqual([0x86, 0x87]);
	});

	it("is the same in every run of its seed, passwords too, and another with another seed", () => {
		const [one, again, other] = [play(), play(), play({ seed: 2 })];
		expect(again.digest).toBe(one.digest);
		expect(again.simulation.roster!.page).toEqual(one.simulation.roster!.page);
		expect(other.simulation.roster!.page.password).not.toBe(one.simulation.roster!.page.password);
		expect(one.simulation.roster!.page.password).toMatch(/^[0-9a-f]{32}$/);
	});

	it("asks again after a broker that has forgotten everything", () => {
		const { codes, simulation } = play({ timeline: [{ at: "20s", fault: "broker-forgets", for: "2s" }] });
		expect(simulation.fleet.boards[0]!.isOnline).toBe(true);
		expect(codes.get("guest-01")).toContain(0x86);
		expect(codes.get("thief-01")).toContain(0x87);
	});

	it("takes orders from its operator, who may more than boards", () => {
		const { simulation } = play({
			groups: [{ name: "board", devices: 1, commands: true }],
			timeline: [{ at: "20s", command: "identify" }],
		});
		expect(simulation.summary().orders).toMatchObject({ commands: 1, answered: 1 });
	});

	it("without them is as it was: nobody says who they are, and everybody may in", () => {
		const simulation = new Simulation(checkScenario({ devices: 1 }, ""), { air: seattle, on() {} });
		simulation.advance(5000);
		expect(simulation.roster).toBeUndefined();
		expect(simulation.world.broker.sessions.get("board-01")!.owner).toBeUndefined();
	});
});
