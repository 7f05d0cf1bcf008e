// Failed logins by address: after a few, an address has to wait, and longer after each more. Who waits is refused without a look at what
// it brings, right or wrong: otherwise guessing would only be slower for those who guess wrong. Behind one address there may be a whole
// house, though: a name that has been right from there, and not wrong since, does not wait for its neighbour's mistakes.

import { isIPv6 } from "node:net";

const FIRST_MS = 1000;
const LONGEST_MS = 300_000;
/** After that long without another an address is as any. */
const FORGET_MS = 900_000;
/** Addresses; the one that failed longest ago makes room. */
const MOST = 10_000;

interface Record {
	count: number;
	last: number;
	until: number;
}

export class Failures {
	readonly #free: number;
	/** Who failed last stands last. */
	readonly #records = new Map<string, Record>();
	/** Names that were right, with their addresses. */
	readonly #right = new Set<string>();

	/** `free` failures cost nothing. */
	constructor(free: number) {
		this.#free = free;
	}

	/** Whether that name has to wait at that address. Times in ms on one clock. */
	isWaiting(address: string, name: string, now: number): boolean {
		const record = this.#records.get(address);
		return record !== undefined && now < record.until && !this.#right.has(pairOf(address, name));
	}

	put(address: string, name: string, now: number): void {
		this.#right.delete(pairOf(address, name));
		const old = this.#records.get(address);
		const count = old === undefined || now - old.last > FORGET_MS ? 1 : old.count + 1;
		const waitMs = count < this.#free ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (count - this.#free));
		this.#records.delete(address);
		this.#records.set(address, { count, last: now, until: now + waitMs });
		if (this.#records.size > MOST) this.#records.delete(this.#records.keys().next().value!);
	}

	putRight(address: string, name: string): void {
		this.#right.add(pairOf(address, name));
		if (this.#right.size > MOST) this.#right.delete(this.#right.keys().next().value!);
	}
}

function pairOf(address: string, name: string): string {
	return `${address} ${name}`;
}

/** Whom an address stands for: of IPv6 a whole network is one household's. */
export function addressOf(peer: string): string {
	const address = peer.slice(0, peer.lastIndexOf(":"));
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address);
	if (mapped !== null) return mapped[1]!;
	if (!isIPv6(address)) return address;
	const [head = "", tail] = address.split("::");
	const groups = head === "" ? [] : head.split(":");
	const behind = tail === undefined || tail === "" ? 0 : tail.split(":").length;
	const full = tail === undefined ? groups : [...groups, ...Array(8 - groups.length - behind).fill("0")];
	return `${[...full, ...(tail ?? "").split(":")].slice(0, 4).join(":")}::`;
}
