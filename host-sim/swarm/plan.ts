// What a seed means: which boards there are, how the broker is set up, and which faults strike when. A plan is plain data, so
// that a failing one can be made smaller, and it is all that chance decides before a run begins. Each seed has a few kinds of
// faults only, and some of them often: what never meets among everything at once meets there.

import type { Limits } from "../../firmware/mqtt/client.js";
import type { Fault } from "../world/fault.js";
import { CUT_MODES } from "../world/flash.js";
import type { LinkOptions } from "../world/path.js";
import { SeededRandom } from "../world/random.js";

export interface BoardPlan {
	readonly name: string;
	readonly protocolVersion: 4 | 5;
	/** Where its session outlives its power. */
	readonly durability: "ram" | "flash" | "flash-when-offline";
	readonly onSessionLost: "report" | "republish";
	/** What a full outbox does, and what becomes of QoS 0 while offline. */
	readonly whenFull: "reject" | "drop-oldest" | "latest-per-topic";
	readonly qos0WhileOffline: "refuse" | "keep";
	/** Of a hundred messages above QoS 0, so many wish to be kept in flash, and so many not to be. */
	readonly wishes: number;
	/** 5.0: when retained messages are sent; from 1 on a subscription that flash knows of is not asked for again. */
	readonly retainHandling: 0 | 1 | 2;
	readonly keepAlive: number;
	readonly limits: Partial<Limits>;
	readonly link: Partial<LinkOptions>;
	/** What its clock shows at boot, in ms, and how much too fast it runs, in millionths. */
	readonly startMs: number;
	readonly driftPpm: number;
	/** From one message to the next, on average: from the board, and to it. */
	readonly upMs: number;
	readonly downMs: number;
	/** From one goodbye of its application to the next, or 0: it never says goodbye. */
	readonly goodbyeMs: number;
	/** Whether its messages go out behind CONNECT. */
	readonly pipelines: boolean;
}

/** A fault, from when on and for how long; `board` counts from 0, or is -1 where it befalls the broker. */
export interface Strike {
	readonly atMs: number;
	readonly forMs: number;
	readonly board: number;
	readonly fault: Fault;
}

export interface Plan {
	readonly seed: number;
	readonly boards: readonly BoardPlan[];
	readonly maxInflight: number;
	readonly receiveMaximum: number;
	readonly topicAliasMaximum: number;
	/** In the order of their times. */
	readonly strikes: readonly Strike[];
	/** When the faults and the publishing stop. */
	readonly chaosMs: number;
}

/** The plan of a seed, always the same. */
export function planOf(seed: number): Plan {
	const random = new SeededRandom(seed).fork("plan");
	const chaosMs = random.between(20, 90) * 1000;
	// With a chance of its own, so that a seed means what it meant before.
	const pipelines = new SeededRandom(seed).fork("pipelines");
	const boards = Array.from({ length: random.between(1, 3) }, (_, i) => ({
		...drawBoard(random, `board-${i + 1}`),
		pipelines: pipelines.between(0, 1) === 1,
	}));
	const broker = {
		maxInflight: random.between(1, 20),
		receiveMaximum: random.between(1, 20),
		topicAliasMaximum: random.between(0, 3),
	};
	return { seed, boards, ...broker, strikes: drawStrikes(random, boards.length, chaosMs), chaosMs };
}

/** A smaller plan: these faults and boards only, counted from 0, and an earlier end. Absent: all of them. */
export interface Part {
	readonly faults?: readonly number[];
	readonly boards?: readonly number[];
	readonly chaosMs?: number;
}

/** The part of a plan; what is left in it happens as it would in the whole, as far as the rest has nothing to do with it. */
export function partOf(plan: Plan, { boards, chaosMs = plan.chaosMs, faults }: Part): Plan {
	const kept = boards ?? plan.boards.map((_, i) => i);
	return {
		...plan,
		boards: plan.boards.filter((_, i) => kept.includes(i)),
		strikes: plan.strikes
			.filter(({ board }, i) => (faults?.includes(i) ?? true) && (board < 0 || kept.includes(board)))
			.map(strike => ({ ...strike, board: strike.board < 0 ? -1 : kept.indexOf(strike.board) })),
		chaosMs,
	};
}

function drawBoard(random: SeededRandom, name: string): Omit<BoardPlan, "pipelines"> {
	const protocolVersion = random.between(4, 5) as 4 | 5;
	const chance = (percent: number) => random.between(1, 100) <= percent;
	return {
		name,
		protocolVersion,
		durability: pick(random, ["ram", "flash", "flash", "flash-when-offline"] as const),
		onSessionLost: pick(random, ["report", "republish"] as const),
		whenFull: pick(random, ["reject", "reject", "drop-oldest", "latest-per-topic"] as const),
		qos0WhileOffline: pick(random, ["refuse", "keep"] as const),
		wishes: chance(30) ? random.between(1, 40) : 0,
		retainHandling: protocolVersion === 5 ? pick(random, [0, 1, 2] as const) : 0,
		keepAlive: random.between(4, 15),
		limits: {
			outbox: random.between(200, 1500),
			messages: random.between(1, 12),
			received: random.between(20, 24),
			receive: random.between(96, 512),
			send: random.between(200, 512),
			aliases: protocolVersion === 5 ? random.between(0, 3) : 0,
		},
		link: {
			latencyMs: random.between(0, 80),
			jitterMs: chance(40) ? random.between(1, 60) : 0,
			bandwidth: chance(25) ? random.between(500, 20_000) : 0,
			slice: chance(40) ? random.between(1, 40) : 0,
			sendBuffer: chance(30) ? random.between(512, 900) : 5744,
		},
		startMs: chance(40) ? 0x7fff_ffff - random.between(0, chanceMs(random)) : random.between(0, 1_000_000),
		driftPpm: random.between(-100, 100),
		upMs: random.between(100, 1500),
		downMs: random.between(100, 1500),
		goodbyeMs: chance(20) ? random.between(5000, 30_000) : 0,
	};
}

/** Some clocks wrap while the faults strike. */
function chanceMs(random: SeededRandom): number {
	return random.between(1000, 90_000);
}

function drawStrikes(random: SeededRandom, boards: number, chaosMs: number): Strike[] {
	const kinds = Array.from({ length: random.between(1, 5) }, () => pick(random, FAULTS));
	const count = random.between(0, 3) === 0 ? random.between(10, 40) : random.between(1, 12);
	const strikes = Array.from({ length: count }, (): Strike => {
		const fault = pick(random, kinds)(random);
		const forMs = random.between(0, 1) === 0 ? random.between(50, 2000) : random.between(2000, 20_000);
		const isBrokers = fault.fault.startsWith("broker-");
		return { atMs: random.between(0, chaosMs), forMs, board: isBrokers ? -1 : random.between(0, boards - 1), fault };
	});
	return strikes.sort((a, b) => a.atMs - b.atMs);
}

/** One of each kind of fault, with numbers. */
const FAULTS: readonly ((random: SeededRandom) => Fault)[] = [
	() => ({ fault: "cut" }),
	() => ({ fault: "hang" }),
	() => ({ fault: "partition" }),
	() => ({ fault: "wifi-loss" }),
	() => ({ fault: "dns-fails" }),
	() => ({ fault: "dns-silent" }),
	() => ({ fault: "captive" }),
	random => ({
		fault: "slow-link",
		latencyMs: random.between(100, 3000),
		jitterMs: random.between(0, 500),
		bandwidth: random.between(100, 2000),
		slice: random.between(1, 20),
	}),
	() => ({ fault: "low-memory" }),
	() => ({ fault: "power-cut" }),
	random => ({ fault: "power-cut-at-write", operation: random.between(1, 12), mode: pick(random, CUT_MODES) }),
	random => ({ fault: "power-cut-at-write", operation: random.between(1, 3), mode: pick(random, CUT_MODES) }),
	() => ({ fault: "flash-full" }),
	() => ({ fault: "reset" }),
	random => ({ fault: "clock-skip", byMs: random.between(100, 100_000_000) }),
	random => ({ fault: "clock-set", byMs: random.between(-100_000_000, 100_000_000) }),
	random => ({ fault: "clock-drift", ppm: random.between(-50_000, 50_000) }),
	() => ({ fault: "broker-stop" }),
	() => ({ fault: "broker-forgets" }),
	random => ({ fault: "broker-refuses", reason: pick(random, [0x80, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x97, 0x9f]) }),
	random => ({ fault: "broker-answers", lateMs: random.between(0, 8000) }),
	random => ({ fault: "broker-answers", twice: random.between(1, 100) }),
	random => ({ fault: "broker-answers", wrong: random.between(1, 60) }),
];

/** Every kind of fault that a seed may have. */
export const FAULT_KINDS: readonly Fault["fault"][] = [...new Set(FAULTS.map(draw => draw(new SeededRandom(1)).fault))];

function pick<T>(random: SeededRandom, from: readonly T[]): T {
	return from[random.between(0, from.length - 1)]!;
}
