// The time of day from NTP servers, for readings and for the dates of certificates: asked for until one answers, and again and
// again after that. An answer counts where it is one to our question: it repeats a number that nobody else knows, and comes
// from where that was sent. It is as exact as a second, which is all that a board's clock can be set to.

import type {
	Datagram,
	DatagramConstructor,
	Random,
	Resolver,
	ResolverConstructor,
	Timer,
	TimerConstructor,
} from "../io.js";
import { retryDelay } from "../mqtt/backoff.js";
import { BAD_OPTION, CONNECT_FAILED, Misuse } from "../mqtt/error.js";
import { putUint32, takeUint32 } from "../mqtt/wire.js";
import { isAddress } from "../optional/trust.js";

export interface TimekeeperOptions {
	/** Names or addresses of NTP servers, asked in turn. */
	servers: readonly string[];
	resolver: { io: ResolverConstructor };
	socket: { io: DatagramConstructor };
	timer: { io: TimerConstructor };
	random: Random;
	/** The time is that: ms since 1970. */
	set(milliseconds: number): void;
	/**
	 * Called once: true when the time has been set, or false when `patienceMs` have passed without. Who needs the time may begin
	 * then, and has to live with it that there is none as yet.
	 */
	onReady?(isSet: boolean): void;
	/** Default 60,000. */
	patienceMs?: number;
}

const PORT = 123;
const BYTES = 48;
/** Version 4, a client; and what a server's first byte has in these bits. */
const REQUEST = 0x23;
const MODE = 0x07;
const FROM_SERVER = 4;
/** A server whose own clock nobody has set. */
const UNSET = 3;
/** Beyond this the answer is no time, but a request to leave the server alone. */
const MOST_STRATUM = 15;
/** Where the times of an answer lie: of our question, of its sending; each seconds and their fraction. */
const ORIGIN = 24;
const SENT = 40;
/** Seconds from 1900 to 1970, and from 1900 to a time that was before this was written. */
const TO_1970 = 2_208_988_800;
const EARLIEST = TO_1970 + 1_704_067_200;
const ERA = 4_294_967_296;

const ANSWER_MS = 3000;
const BACKOFF = Object.freeze({ capMs: 60_000 });
/** From one time that was set to the next question: a board's clock goes wrong by a second or two in a day. */
const AGAIN_MS = 43_200_000;
const PATIENCE_MS = 60_000;

export class Timekeeper {
	readonly #options: TimekeeperOptions;
	readonly #timer: Timer;
	readonly #patience: Timer;
	#resolver: Resolver | undefined = undefined;
	#socket: Datagram | undefined = undefined;
	/** Of the server that is asked. */
	#address = "";
	readonly #request = new Uint8Array(BYTES);
	/** Questions without an answer since the last one that had one; the next server is that many from the first. */
	#failures = 0;
	/** A question is under way: the timer is its deadline, and not the wait for the next one. */
	#asking = false;
	#isSet = false;
	#isReady = false;

	/** Asks at once. Throws Misuse without servers. */
	constructor(options: TimekeeperOptions) {
		if (options.servers.length === 0 || options.servers.includes(""))
			throw new Misuse(BAD_OPTION, "ntp: expected names of servers, with commas between them");
		this.#options = options;
		this.#timer = new options.timer.io({ target: this, onTimer });
		this.#patience = new options.timer.io({ target: this, onTimer: onPatience });
		this.#patience.schedule(options.patienceMs ?? PATIENCE_MS);
		this.#ask();
	}

	/** A server has told the time. */
	get isSet(): boolean {
		return this.#isSet;
	}

	close(): void {
		this.#timer.close();
		this.#patience.close();
		this.#end();
		this.#isReady = true;
	}

	/** @internal */
	handleTimer(): void {
		if (this.#asking) this.#fail();
		else this.#ask();
	}

	/** @internal */
	handlePatience(): void {
		this.#tell(false);
	}

	#ask(): void {
		const { resolver, servers } = this.#options;
		this.#asking = true;
		this.#timer.schedule(ANSWER_MS);
		const host = servers[this.#failures % servers.length]!;
		// An address is not looked up: not every resolver answers for one.
		if (isAddress(host)) {
			this.#send(host);
			return;
		}
		try {
			const question = new resolver.io({});
			this.#resolver = question;
			question.resolve({
				host,
				onResolved: (_name, address) => {
					if (this.#resolver === question) this.#send(address);
				},
				onError: () => {
					if (this.#resolver === question) this.#fail();
				},
			});
		} catch {
			this.#fail();
		}
	}

	#send(address: string): void {
		const { random, socket } = this.#options;
		const request = this.#request;
		try {
			this.#address = address;
			request[0] = REQUEST;
			// Where our own time would stand: what the answer has to repeat.
			putUint32(request, putUint32(request, SENT, random.next()), random.next());
			const asked: Datagram = new socket.io({
				onReadable: count => {
					if (this.#socket === asked) this.#handleReadable(count);
				},
			});
			this.#socket = asked;
			asked.write(request, address, PORT);
		} catch {
			this.#fail();
		}
	}

	#handleReadable(count: number): void {
		const socket = this.#socket;
		for (let i = 0; i < count && this.#socket === socket; i += 1) {
			let answer: ReturnType<Datagram["read"]>;
			try {
				answer = socket?.read();
			} catch {
				this.#fail();
				return;
			}
			if (answer === undefined) return;
			// Where the socket says from whom it is.
			const isFromThere = (answer.address ?? this.#address) === this.#address && (answer.port ?? PORT) === PORT;
			const milliseconds = isFromThere ? this.#timeIn(new Uint8Array(answer)) : 0;
			if (milliseconds > 0) this.#succeed(milliseconds);
		}
	}

	/** ms since 1970, or 0 where it is no answer to our question. */
	#timeIn(answer: Uint8Array): number {
		if (answer.length < BYTES || (answer[0]! & MODE) !== FROM_SERVER || answer[0]! >> 6 === UNSET) return 0;
		if (answer[1] === 0 || answer[1]! > MOST_STRATUM) return 0;
		for (let i = 0; i < 8; i += 1) if (answer[ORIGIN + i] !== this.#request[SENT + i]) return 0;
		let seconds = takeUint32(answer, SENT) >>> 0;
		// The count of seconds begins anew in 2036.
		if (seconds < EARLIEST) seconds += ERA;
		const fraction = (takeUint32(answer, SENT + 4) >>> 0) / ERA;
		return Math.round((seconds - TO_1970 + fraction) * 1000);
	}

	#succeed(milliseconds: number): void {
		this.#end();
		this.#failures = 0;
		this.#isSet = true;
		this.#timer.schedule(AGAIN_MS);
		this.#options.set(milliseconds);
		this.#tell(true);
	}

	#fail(): void {
		const { random, servers } = this.#options;
		this.#end();
		// Each server once without delay, then slower and slower.
		const rounds = Math.floor(this.#failures / servers.length);
		const isNextRound = (this.#failures + 1) % servers.length === 0;
		this.#timer.schedule(isNextRound ? retryDelay(rounds, CONNECT_FAILED, random, BACKOFF) : 0);
		this.#failures += 1;
	}

	/** Of a question. */
	#end(): void {
		const socket = this.#socket;
		const resolver = this.#resolver;
		this.#asking = false;
		this.#socket = undefined;
		this.#resolver = undefined;
		try {
			resolver?.close();
			socket?.close();
		} catch {
			// It is over either way.
		}
	}

	#tell(isSet: boolean): void {
		if (this.#isReady) return;
		this.#isReady = true;
		this.#patience.close();
		this.#options.onReady?.(isSet);
	}
}

Object.freeze(Timekeeper.prototype);

function onTimer(this: { readonly target?: unknown }): void {
	(this.target as Timekeeper).handleTimer();
}

function onPatience(this: { readonly target?: unknown }): void {
	(this.target as Timekeeper).handlePatience();
}
