// How much a client may say in a second. Who says more is heard more slowly: TCP makes it wait, nothing is lost, and nobody else notices.
// Only who is far beyond it is told so, and goes.

import type { Accept, Transport, TransportHandler } from "../transport.js";

export interface AllowanceOptions {
	readonly packetsPerSecond: number;
	readonly bytesPerSecond: number;
	/** Somebody has said far more than it may. */
	exceeded(transport: Transport): void;
}

/** So many seconds' worth may come at once, and so many may be owed. */
const BURST_S = 2;
const MOST_DEBT_S = 10;

export class Allowance {
	readonly #options: AllowanceOptions;
	/** Who is being heard. */
	#heard: Account | undefined;

	constructor(options: AllowanceOptions) {
		this.#options = options;
	}

	/** A whole packet has come from that peer; while somebody is being heard, a world may have gone on with others. */
	countPacket(peer: string): void {
		if (this.#heard?.peer === peer) this.#heard.packets += 1;
	}

	/** Stands before a broker. */
	before(accept: Accept): Accept {
		return (transport, start) => {
			const handler = accept(transport, start);
			const account = new Account(transport.peer, start);
			return this.#served(transport, handler, account);
		};
	}

	#served(transport: Transport, handler: TransportHandler, account: Account): TransportHandler {
		return {
			handleData: (bytes, now) => {
				account.earn(now, this.#options);
				account.bytes += bytes.length;
				this.#heard = account;
				try {
					handler.handleData(bytes, now);
				} finally {
					this.#heard = undefined;
				}
				this.#settle(transport, account);
			},
			handleClose: (now, wasReset) => {
				clearTimeout(account.timer);
				handler.handleClose(now, wasReset);
			},
		};
	}

	#settle(transport: Transport, account: Account): void {
		const debtS = account.debtS(this.#options);
		if (debtS <= 0) return;
		if (debtS > MOST_DEBT_S) return this.#options.exceeded(transport);
		transport.setPaused?.(true);
		clearTimeout(account.timer);
		account.timer = setTimeout(() => transport.setPaused?.(false), debtS * 1000);
		account.timer.unref();
	}
}

/** What one client has said and not paid for yet. */
class Account {
	packets = 0;
	bytes = 0;
	timer: NodeJS.Timeout | undefined;
	readonly peer: string;
	#at: number;

	constructor(peer: string, now: number) {
		this.peer = peer;
		this.#at = now;
	}

	/** Takes off what the time since has allowed. */
	earn(now: number, { bytesPerSecond, packetsPerSecond }: AllowanceOptions): void {
		const seconds = Math.max(0, now - this.#at) / 1000;
		this.#at = now;
		this.packets = Math.max(0, this.packets - seconds * packetsPerSecond);
		this.bytes = Math.max(0, this.bytes - seconds * bytesPerSecond);
	}

	/** Seconds that are owed beyond a burst. */
	debtS({ bytesPerSecond, packetsPerSecond }: AllowanceOptions): number {
		return Math.max(this.packets / packetsPerSecond, this.bytes / bytesPerSecond) - BURST_S;
	}
}
