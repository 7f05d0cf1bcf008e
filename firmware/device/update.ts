// New firmware over MQTT, as a duty of an agent: an offer that is signed, an image in pieces that the board asks for, and the way
// back where the new firmware does not come online.
//
//     thimble/<deviceId>/update/offer   to the board, retained: what there is, see offer.ts; empty to withdraw it
//     thimble/<deviceId>/update/want    from it: {"version","sha256","at","bytes","chunk"}: these bytes next, in pieces of so many
//     thimble/<deviceId>/update/chunk   to it: the first four bytes of the SHA-256, the offset in four bytes, the bytes
//     thimble/<deviceId>/update/state   from it, retained: {"state","running","version","issue","at","size","reason"}
//
// The signature is checked before the first byte is written, the hash of what flash has before it is applied. Of the image only
// what has just come is in RAM. After a power cut it goes on at what has been noted last (journal.ts).

import type { Timer } from "../io.js";
import { END_SETTLED, type Incoming, QOS_1, RETAIN } from "../mqtt/client.js";
import { BAD_OPTION, Misuse } from "../mqtt/error.js";
import { checked, DEFAULT_LIMITS } from "../mqtt/limits.js";
import { takeUint32, utf8Bytes } from "../mqtt/wire.js";
import type { Agent } from "./agent.js";
import type { Duty } from "./duty.js";
import { Image, writeBlocks } from "./image.js";
import { APPLIED, CONFIRMED, FAILED, Journal, NONE, RECEIVING } from "./journal.js";
import { fromHex, type Offer, parseOffer, toHex } from "./offer.js";
import { checkTerms, LONGEST_WAIT_MS, refusalOf, type UpdateOptions, type UpdateReason } from "./terms.js";

/** In front of the bytes of a piece: the beginning of the hash, the offset. */
const CHUNK_HEAD = 8;
const PIECE_STEP = 16;
/** What a PUBLISH has beside topic and payload at most: fixed header, length of the topic, packet id; and properties at 5.0. */
const PACKET_BYTES = 9;
const PROPERTY_BYTES = 16;
/** How often it looks whether it may restart, and whether new firmware has made it. */
const LEAVE_MS = 100;
const TRIAL_MS = 5000;

/** What is being done. */
const IDLE = 0;
const FETCHING = 1;
const VERIFYING = 2;
/** New firmware that has to show that it comes online. */
const TRIAL = 3;
const LEAVING = 4;
const STOPPED = 5;

export class Update implements Duty {
	readonly #options: UpdateOptions;
	#agent!: Agent;
	#journal!: Journal;
	#want = 0;
	#state = 0;
	#chunkBytes = 0;
	#timer: Timer | undefined;
	#doing = IDLE;
	/** Bytes of the image that are in flash, and up to where they have been asked for. */
	#at = 0;
	#asked = 0;
	#retries = 0;
	#wantTicket = 0;
	/** The state has changed since it was published; the ticket of the last time. */
	#isDue = true;
	#stateTicket = 0;
	/** The last offer that was refused, and why. */
	#refused: Offer | undefined;
	#reason: UpdateReason | undefined;
	#image: Image | undefined;
	#deadline = 0;
	#isStopping = false;

	/** Throws Misuse where an option is wrong. */
	constructor(options: UpdateOptions) {
		checkTerms(options);
		this.#options = options;
	}

	begin(agent: Agent): void {
		const { client, options } = agent;
		const prefix = `thimble/${options.deviceId}/update/`;
		this.#agent = agent;
		this.#chunkBytes = this.chunkBytesFor(`${prefix}chunk`);
		this.#want = client.topic(`${prefix}want`);
		this.#state = client.topic(`${prefix}state`);
		const offer = client.subscribe(`${prefix}offer`, message => this.handleOffer(message), { qos: 1 });
		const chunk = client.subscribe(`${prefix}chunk`, message => this.handleChunk(message), { qos: 1 });
		if (Math.min(this.#want, this.#state, offer, chunk) < 0)
			throw new Misuse(BAD_OPTION, "limits: no room for the topics of updates");
		this.#journal = new Journal(options.io.store);
		this.beginLife();
	}

	handleOnline(): void {
		this.pollState();
		this.#retries = 0;
		if (this.#doing === FETCHING) this.ask();
	}

	handleEnd(ticket: number, end: number): boolean {
		const isState = ticket === this.#stateTicket;
		if (isState) {
			this.#stateTicket = 0;
			if (end !== END_SETTLED) this.#isDue = true;
			// The server has accepted us, and has acknowledged what we said after the birth.
			else if (this.#doing === TRIAL) this.confirm();
			else if (this.#doing === FETCHING && this.#reason !== undefined) this.forget();
		}
		this.pollState();
		if (ticket !== this.#wantTicket) return isState;
		this.#wantTicket = 0;
		return true;
	}

	handleStop(): void {
		if (this.#doing === LEAVING) return;
		this.#doing = STOPPED;
		this.#timer?.close();
	}

	/** What the life before has left to do. */
	private beginLife(): void {
		const journal = this.#journal;
		const { starts = 5, updater, version } = this.#options;
		const isPending = updater?.isPending ?? false;
		if (journal.stage === APPLIED) {
			journal.starts += 1;
			if (isPending) {
				if (journal.version !== version) this.giveUp("version");
				else if (journal.starts > starts) this.giveUp("starts");
				else this.beginTrial();
			} else if (journal.version === version) this.note(CONFIRMED);
			// The power went before it ran, or while it was on trial; or it does not even start.
			else if (journal.from === version && updater !== undefined)
				if (journal.starts >= starts) this.fail("starts");
				else this.verify();
			// Somebody has put something else there, by other means.
			else this.note(NONE);
		} else if (isPending) {
			// It was given up already, and the power went before the way back; or nobody noted where it comes from.
			if (journal.stage === FAILED && journal.version === version) this.giveUp("offline");
			else this.beginTrial();
		}
	}

	private beginTrial(): void {
		if (this.#journal.stage === APPLIED) this.#journal.keep();
		this.#deadline = (this.now() + (this.#options.onlineMs ?? 600_000)) | 0;
		this.wait(TRIAL, Math.min(TRIAL_MS, this.#options.onlineMs ?? 600_000));
	}

	private confirm(): void {
		try {
			this.#options.updater!.confirm!();
		} catch {
			// Flash did not take it: until the deadline it is tried again.
			return;
		}
		if (this.#journal.stage === APPLIED) this.note(CONFIRMED);
		this.rest();
		// An offer that has come meanwhile was not looked at: it is retained, and comes once more.
		this.#agent.client.subscribe(
			`thimble/${this.#agent.options.deviceId}/update/offer`,
			message => this.handleOffer(message),
			{ qos: 1 },
		);
	}

	/** New firmware goes back to what ran before. */
	private giveUp(reason: UpdateReason): void {
		if (this.#journal.stage === APPLIED) this.fail(reason);
		try {
			this.#options.updater!.rollBack!();
		} catch {
			// What is not confirmed goes back with the restart.
		}
		this.wait(LEAVING, 0);
	}

	private handleOffer(message: Incoming): void {
		if (this.#doing > FETCHING) return;
		if (message.total === 0) {
			// Withdrawn.
			this.forget();
			if (this.#doing === FETCHING) this.note(NONE);
			this.rest();
			return;
		}
		const offer = parseOffer(message.text());
		const journal = this.#journal;
		if (offer?.version === this.#options.version) {
			this.forget();
			return;
		}
		if (this.#doing === FETCHING && offer !== undefined && this.isNoted(offer) && offer.issue === journal.issue) return;
		const reason = offer === undefined ? "malformed" : refusalOf(offer, this.#options);
		this.#refused = reason === undefined ? undefined : offer;
		this.#reason = reason;
		if (reason !== undefined) this.tell();
		else if (journal.stage === FAILED && this.isNoted(offer!) && offer!.issue === journal.issue) this.tell();
		else this.take(offer!);
	}

	/** A good offer: goes on with its image, where some of that is there. */
	private take(offer: Offer): void {
		const journal = this.#journal;
		const isMore = journal.stage === RECEIVING && this.isNoted(offer);
		if (!isMore) {
			journal.reached = 0;
			journal.starts = 0;
			journal.size = offer.size;
			journal.sha256 = fromHex(offer.sha256);
			journal.version = offer.version;
			journal.reason = "";
		}
		journal.issue = offer.issue;
		journal.from = this.#options.version;
		if (!isMore || this.#doing !== FETCHING) this.#at = journal.reached;
		this.#retries = 0;
		this.#doing = FETCHING;
		if (!this.note(RECEIVING)) this.fail("flash");
		else if (this.#at === journal.size) this.verify();
		else this.ask();
	}

	private isNoted({ sha256, size, version }: Offer): boolean {
		const journal = this.#journal;
		return version === journal.version && size === journal.size && isSame(fromHex(sha256), journal.sha256);
	}

	private ask(): void {
		const { answerMs = 5000, chunks = 8 } = this.#options;
		const { sha256, size, version } = this.#journal;
		if (!this.#agent.client.isOnline) return;
		this.#asked = Math.min(this.#at + chunks * this.#chunkBytes, size);
		if (this.#wantTicket === 0) {
			const bytes = this.#asked - this.#at;
			const want = { version, sha256: toHex(sha256), at: this.#at, bytes, chunk: this.#chunkBytes };
			const text = utf8Bytes(JSON.stringify(want));
			// Where there is no room just now, it is for readings; and what is lost is asked for again.
			this.#wantTicket = Math.max(0, this.#agent.publish(this.#want, text, text.length, 0));
		}
		this.wait(FETCHING, Math.min(answerMs * 2 ** Math.min(this.#retries, 16), LONGEST_WAIT_MS));
		this.#retries += 1;
	}

	/** A piece that is not the next one of what was asked for is for nobody: late, twice, of another image. */
	private handleChunk({ bytes, payloadAt, payloadLength, total }: Incoming): void {
		const length = payloadLength - CHUNK_HEAD;
		if (this.#doing !== FETCHING || length < 1 || total !== payloadLength) return;
		const { sha256, size } = this.#journal;
		if (takeUint32(bytes, payloadAt) !== takeUint32(sha256, 0)) return;
		if (takeUint32(bytes, payloadAt + 4) !== this.#at || this.#at + length > this.#asked) return;
		try {
			writeBlocks(this.#options.updater!, this.#at, bytes, payloadAt + CHUNK_HEAD, length);
		} catch {
			this.fail("flash");
			return;
		}
		this.#at += length;
		this.#retries = 0;
		this.noteProgress();
		if (this.#at === size) this.verify();
		else if (this.#at === this.#asked) this.ask();
		else this.#timer?.schedule(this.#options.answerMs ?? 5000);
	}

	/** Up to a whole block, since the one that follows is erased when it goes on there. A note that fails costs no more than time. */
	private noteProgress(): void {
		const { noteBytes = 65_536, updater } = this.#options;
		const journal = this.#journal;
		const reached = this.#at - (this.#at % updater!.blockBytes);
		if (reached - journal.reached < noteBytes) return;
		journal.reached = reached;
		this.note(RECEIVING);
	}

	/** What flash has is hashed, a little at a time. */
	private verify(): void {
		const { updater, verifier } = this.#options;
		if (verifier === undefined) {
			this.fail("no-verifier");
			return;
		}
		this.#image = new Image(updater!, verifier.hash());
		this.wait(VERIFYING, 0);
		this.tell();
	}

	private verifySlice(): void {
		const { sha256, size } = this.#journal;
		const image = this.#image!;
		try {
			image.hash(size);
		} catch {
			this.fail("flash");
			return;
		}
		if (image.at < size) this.#timer!.schedule(0);
		else if (isSame(image.close(), sha256)) this.apply();
		else this.fail("hash");
	}

	private apply(): void {
		this.#image = undefined;
		// Without a note nobody would know later whether it has made it.
		if (!this.note(APPLIED)) {
			this.fail("flash");
			return;
		}
		try {
			this.#options.updater!.apply(this.#journal.size);
		} catch {
			this.fail("image");
			return;
		}
		this.wait(LEAVING, 0);
		this.tell();
	}

	/** The image is given up, until it is offered anew. */
	private fail(reason: UpdateReason): void {
		this.#journal.reason = reason;
		this.note(FAILED);
		this.rest();
	}

	private rest(): void {
		this.#doing = IDLE;
		this.#image = undefined;
		this.#timer?.close();
		this.#timer = undefined;
		this.tell();
	}

	/** Turns to something, and comes back to it after so many ms. */
	private wait(doing: number, milliseconds: number): void {
		this.#doing = doing;
		const { timer: BoardTimer } = this.#agent.options.io;
		this.#timer ??= new BoardTimer({ onTimer: () => this.handleTimer() });
		this.#timer.schedule(milliseconds);
	}

	private handleTimer(): void {
		if (this.#doing === FETCHING) this.ask();
		else if (this.#doing === VERIFYING) this.verifySlice();
		else if (this.#doing === TRIAL) this.handleTrial();
		else if (this.#doing === LEAVING) this.leave();
	}

	private handleTrial(): void {
		const left = (this.#deadline - this.now()) | 0;
		if (left <= 0) {
			this.giveUp("offline");
			return;
		}
		this.tell();
		this.#timer!.schedule(Math.min(left, TRIAL_MS));
	}

	/** A goodbye, time for what is under way, and the restart. */
	private leave(): void {
		const { client } = this.#agent;
		const { drainMs = 10_000, power } = this.#options;
		if (!this.#isStopping) {
			this.#isStopping = true;
			this.#deadline = (this.now() + drainMs + 1000) | 0;
			this.#agent.stop(drainMs);
		} else if ((!client.isOnline && client.unsettled === 0) || ((this.now() - this.#deadline) | 0) >= 0) {
			power.restart?.();
			return;
		}
		this.#timer!.schedule(LEAVE_MS);
	}

	/** What was refused last has been told, or does not matter any more. */
	private forget(): void {
		this.#refused = undefined;
		this.#reason = undefined;
		this.tell();
	}

	/** Writes down how far it has come, and tells it. */
	private note(stage: number): boolean {
		this.#journal.stage = stage;
		const isKept = this.#journal.keep();
		this.tell();
		return isKept;
	}

	private tell(): void {
		this.#isDue = true;
		this.pollState();
	}

	private pollState(): void {
		const agent = this.#agent;
		if (!this.#isDue || this.#stateTicket !== 0 || !agent.client.isOnline) return;
		const text = utf8Bytes(this.stateText());
		const ticket = agent.publish(this.#state, text, text.length, QOS_1 | RETAIN);
		if (ticket < 0) return;
		this.#stateTicket = ticket;
		this.#isDue = false;
	}

	/** What is undefined is absent from it. */
	private stateText(): string {
		const { issue, reason, size, stage, starts, version } = this.#journal;
		const running = this.#options.version;
		const refused = this.#refused;
		if (this.#reason !== undefined && this.#doing <= FETCHING)
			return JSON.stringify({
				state: "refused",
				running,
				version: refused?.version,
				issue: refused?.issue,
				reason: this.#reason,
			});
		if (this.#doing === FETCHING)
			return JSON.stringify({ state: "receiving", running, version, issue, at: this.#at, size });
		if (this.#doing === VERIFYING) return JSON.stringify({ state: "verifying", running, version, issue });
		// On its way back, which is told by who is there then.
		if (stage === FAILED && this.#doing === LEAVING)
			return JSON.stringify({ state: "applied", running, version, issue, reason });
		if (stage === FAILED)
			return JSON.stringify({ state: starts > 0 ? "rolled-back" : "refused", running, version, issue, reason });
		if (stage === APPLIED) return JSON.stringify({ state: "applied", running, version, issue });
		if (stage === CONFIRMED && version === running)
			return JSON.stringify({ state: "confirmed", running, version, issue });
		return JSON.stringify({ state: "idle", running });
	}

	private chunkBytesFor(topic: string): number {
		const { limits, protocolVersion } = this.#agent.options;
		const head = topic.length + PACKET_BYTES + (protocolVersion === 5 ? PROPERTY_BYTES : 0) + CHUNK_HEAD;
		const most = ((limits?.receive ?? DEFAULT_LIMITS.receive) - head) & ~(PIECE_STEP - 1);
		if (most < PIECE_STEP) throw new Misuse(BAD_OPTION, "limits.receive: no room for pieces of an update");
		return checked("chunkBytes", this.#options.chunkBytes ?? most, PIECE_STEP, most) & ~(PIECE_STEP - 1);
	}

	private now(): number {
		return this.#agent.options.io.clock.now();
	}
}

Object.freeze(Update.prototype);

function isSame(a: Uint8Array, b: Uint8Array): boolean {
	let difference = a.length ^ b.length;
	for (let i = 0; i < a.length; i += 1) difference |= a[i]! ^ b[i]!;
	return difference === 0;
}
