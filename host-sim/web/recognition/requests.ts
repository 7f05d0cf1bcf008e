// What the page asks boards for, as commands over MQTT: to look at a picture, and to show the one that they have looked at last. Which
// answer is whose is told by the request's id; which result, by the picture's number that was answered, and by its check sum.

import type { PublishOptions } from "../../../firmware/mqtt/client.js";
import { base64 } from "../../../firmware/optional/base64.js";
import { countIn, fieldsOf, textIn } from "../../watch/payload.js";
import { Live } from "../live.js";
import type { Session } from "../model/session.js";
import { Album } from "./album.js";
import { PICTURE_BYTES } from "./picture.js";
import { type Recognitions, recognitionsOf, type SeeingBoard } from "./recognitions.js";
import type { Result } from "./result.js";

export interface Request {
	readonly id: string;
	/** The id of the board that it is for. */
	readonly board: string;
	readonly command: "look" | "picture";
	/** When it was made, in ms of the page. */
	readonly at: number;
	/** Of the picture that is to be looked at. */
	readonly crc?: number;
	/** "sent": there is no answer yet; "taken": the board has taken it on; "done": what was asked for is there. */
	state: "sent" | "taken" | "done" | "refused" | "unsent";
	/** The picture's number, as the board counts. */
	number?: number;
	/** "refused": the board's word for it; "unsent": a sentence. */
	error?: string;
	result?: Result;
	/** When it was done, in ms of the page. */
	doneAt?: number;
}

/** The picture that a board has shown. */
export interface Shown {
	readonly crc: number;
	readonly pixels: Uint8Array;
	/** In ms of the page. */
	readonly at: number;
}

export interface RequestsOptions {
	publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<string | undefined>;
	readonly recognitions: Pick<Recognitions, "of" | "listen">;
	/** What ids begin with: nobody else's do. */
	readonly prefix: string;
	/** In ms of the page. */
	now(): number;
}

/** Requests that are remembered, and pictures that boards have shown. */
const MOST = 24;
const MOST_SHOWN = 64;
/** What has taken longer is not waited for before it is asked anew, in ms. */
const PATIENCE_MS = 10_000;

export class Requests extends Live {
	readonly album = new Album();
	/** The newest first. */
	readonly all: Request[] = [];
	/** By the ids of the boards. */
	readonly #shown = new Map<string, Shown>();
	readonly #options: RequestsOptions;
	#count = 0;

	constructor(options: RequestsOptions) {
		super();
		this.#options = options;
		options.recognitions.listen((board, result) => {
			this.#handleResult(board, result, true);
			this.changed();
		});
	}

	/** The newest of that kind. */
	last(board: string, command: Request["command"]): Request | undefined {
		return this.all.find(each => each.board === board && each.command === command);
	}

	shown(board: string): Shown | undefined {
		return this.#shown.get(board);
	}

	/** The board shall look at it. */
	look(board: string, picture: Uint8Array): Promise<void> {
		const crc = this.album.put(picture);
		return this.#ask({ board, command: "look", crc }, { picture: base64(picture) });
	}

	/** The board shall show what it has looked at last. Nothing is asked for while there is hope for what was asked before. */
	async show(board: string): Promise<void> {
		const last = this.last(board, "picture");
		const isOpen = last?.state === "sent" || last?.state === "taken";
		if (isOpen && this.#options.now() - last.at < PATIENCE_MS) return;
		await this.#ask({ board, command: "picture" }, {});
	}

	/** A message on thimble/<id>/answer has come. */
	handleAnswer(topic: string, payload: Uint8Array): void {
		const fields = fieldsOf(payload);
		const id = fields && textIn(fields, "id");
		const request = this.all.find(each => each.id === id && each.board === boardOf(topic));
		if (fields === undefined || request === undefined || request.state === "done") return;
		const number = countIn(fields, "picture");
		if (number !== undefined) request.number = number;
		if (fields["ok"] === true) request.state = "taken";
		else {
			request.state = "refused";
			request.error = textIn(fields, "error") ?? "";
		}
		// What was asked for may have come before the answer.
		const known = this.#options.recognitions.of(request.board);
		for (const result of known?.results ?? []) this.#handleResult(known!, result, false);
		const shown = this.#shown.get(request.board);
		if (request.command === "picture" && shown !== undefined && shown.crc === countIn(fields, "crc"))
			this.#end(request);
		this.changed();
	}

	/** A message on thimble/<id>/picture has come. */
	handlePicture(topic: string, payload: Uint8Array): void {
		if (payload.length !== PICTURE_BYTES) return;
		const { now } = this.#options;
		const board = boardOf(topic);
		const crc = this.album.put(payload);
		this.#shown.delete(board);
		this.#shown.set(board, { crc, pixels: payload, at: now() });
		if (this.#shown.size > MOST_SHOWN) this.#shown.delete(this.#shown.keys().next().value!);
		const request = this.last(board, "picture");
		if (request?.state === "taken") this.#end(request);
		this.changed();
	}

	/** A result is of one request at most: of the one whose number it has, or else, where it is new, of the oldest with this picture. */
	#handleResult({ id }: SeeingBoard, result: Result, isNew: boolean): void {
		if (!result.isSent || this.all.some(each => each.board === id && isSame(each.result, result))) return;
		const open = this.all.filter(
			each =>
				each.board === id &&
				each.command === "look" &&
				each.crc === result.crc &&
				(each.state === "taken" || each.state === "sent"),
		);
		const unnumbered = isNew ? open.findLast(({ number }) => number === undefined) : undefined;
		const request = open.find(({ number }) => number === result.picture) ?? unnumbered;
		if (request === undefined) return;
		request.result = result;
		this.#end(request);
	}

	#end(request: Request): void {
		request.state = "done";
		request.doneAt = this.#options.now();
	}

	async #ask(what: Pick<Request, "board" | "command" | "crc">, fields: object): Promise<void> {
		const { now, prefix, publish } = this.#options;
		this.#count += 1;
		const request: Request = { ...what, id: `${prefix}-${this.#count}`, at: now(), state: "sent" };
		// Of what a board has shown there is the last one only.
		if (what.command === "picture") {
			const before = this.all.indexOf(this.last(what.board, "picture")!);
			if (before >= 0) this.all.splice(before, 1);
		}
		this.all.unshift(request);
		this.all.length = Math.min(this.all.length, MOST);
		this.changed();
		const { board, command, id } = request;
		const payload = new TextEncoder().encode(JSON.stringify({ id, ...fields }));
		const problem = await publish(`thimble/${board}/command/${command}`, payload, { qos: 1 });
		if (problem === undefined || request.state !== "sent") return;
		request.state = "unsent";
		request.error = problem;
		this.changed();
	}
}

const all = new WeakMap<Session, Requests>();

/** Those of a session, which begin with the first call. */
export function requestsOf(session: Session): Requests {
	let requests = all.get(session);
	if (requests === undefined) {
		const { link } = session;
		const made = new Requests({
			publish: (topic, payload, options) => link.publish(topic, payload, options),
			recognitions: recognitionsOf(session),
			prefix: link.clientId,
			now: () => performance.now(),
		});
		link.subscribe("thimble/+/answer", ({ payload, topic }) => made.handleAnswer(topic, payload));
		link.subscribe("thimble/+/picture", ({ payload, topic }) => made.handlePicture(topic, payload));
		all.set(session, made);
		requests = made;
	}
	return requests;
}

function boardOf(topic: string): string {
	return topic.split("/")[1] ?? "";
}

function isSame(a: Result | undefined, b: Result): boolean {
	return a !== undefined && a.boot === b.boot && a.seq === b.seq && a.crc === b.crc;
}
