// Readings as requests to a web address, one for each message. Whoever receives them knows by Idempotency-Key what it has had
// already: the key is made of board, boot and numbers alone.

import { UsageError } from "../fleet/scenario.js";
import { plain } from "../sentence.js";
import type { Readings } from "./reading.js";
import { type Outcome, STORED, type Storable, type Target } from "./target.js";

/** How long an answer may take, in ms. */
const ANSWER_MS = 30_000;
/** Requests under way: one of each board at most, so that a board's readings arrive in order. */
const AT_ONCE = 8;
/**
 * Answers of the 400s that say nothing of the reading: timed out, too early, too many; and those to who asks at the wrong place, or
 * as nobody who may, which somebody can mend while the broker keeps the readings.
 */
const PASSING = [401, 403, 404, 405, 408, 425, 429];
/** No server is left alone for longer, whatever it asks for. */
const LONGEST_WAIT_MS = 600_000;
const OURS = ["content-type", "idempotency-key", "content-length", "host"];

export class Webhook implements Target {
	readonly name: string;
	readonly place: string;
	readonly #url: string;
	readonly #headers: Headers;
	readonly #closed = new AbortController();

	/** `headers` are "Name: value". Throws UsageError, which has nothing secret in it. */
	constructor(text: string, headers: readonly string[]) {
		const url = urlOf(text);
		// What is behind the host may be a secret.
		this.name = url.origin;
		this.place = url.origin + url.pathname;
		this.#headers = headersOf(headers);
		if (url.username !== "" || url.password !== "") {
			const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
			this.#headers.set("authorization", `Basic ${Buffer.from(credentials).toString("base64")}`);
			url.username = "";
			url.password = "";
		}
		this.#url = url.href;
	}

	/** Whether it takes readings is known when it has got one. */
	open(): Promise<Outcome> {
		return Promise.resolve(STORED);
	}

	async write(messages: readonly Storable[]): Promise<Outcome[]> {
		const outcomes: Outcome[] = new Array(messages.length);
		const boards = new Map<string, number[]>();
		messages.forEach(({ content: { board } }, i) => {
			const own = boards.get(board);
			if (own === undefined) boards.set(board, [i]);
			else own.push(i);
		});
		const lanes = [...boards.values()];
		let trouble: Outcome | undefined;
		const lane = async () => {
			for (let own = lanes.shift(); own !== undefined; own = lanes.shift())
				for (const i of own) {
					// One that cannot answer now is not asked for all the others, too.
					outcomes[i] = trouble ?? (await this.#send(messages[i]!.content));
					if (outcomes[i].kind === "later") trouble ??= outcomes[i];
				}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, lane));
		return outcomes;
	}

	async close(): Promise<void> {
		this.#closed.abort();
	}

	async #send(content: Readings): Promise<Outcome> {
		const headers = new Headers(this.#headers);
		headers.set("content-type", "application/json");
		headers.set("idempotency-key", keyOf(content));
		try {
			const response = await fetch(this.#url, {
				method: "POST",
				headers,
				body: bodyOf(content),
				// Where it leads to is not where somebody has told us to send readings.
				redirect: "manual",
				signal: AbortSignal.any([AbortSignal.timeout(ANSWER_MS), this.#closed.signal]),
			});
			await response.body?.cancel();
			return outcomeOf(response);
		} catch (error) {
			return { kind: "later", reason: reasonOf(error as Error) };
		}
	}
}

/** The same for the same message, whenever it comes. */
export function keyOf({ board, boot, readings }: Readings): string {
	return `${encodeURIComponent(board)}/${boot}/${readings[0]!.seq}-${readings.at(-1)!.seq}`;
}

/** Nothing in it depends on when it came: what is sent again is the same, byte for byte. */
function bodyOf({ board, boot, readings }: Readings): string {
	return JSON.stringify({
		board,
		boot,
		first: readings[0]!.seq,
		last: readings.at(-1)!.seq,
		readings: readings.map(({ seq, time, values }) => ({
			seq,
			time: time === undefined ? null : isoOf(time),
			values,
		})),
	});
}

/** Null beyond what a date can be. */
function isoOf(time: number): string | null {
	const date = new Date(time);
	return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function outcomeOf({ headers, ok, status }: Response): Outcome {
	if (ok) return STORED;
	const reason = `answers ${status}`;
	if (status >= 400 && status < 500 && !PASSING.includes(status)) return { kind: "refused", reason };
	const afterMs = retryAfterOf(headers.get("retry-after"));
	return { kind: "later", reason, ...(afterMs !== undefined && { afterMs }) };
}

/** Seconds, or a date. */
function retryAfterOf(text: string | null): number | undefined {
	if (text === null) return undefined;
	const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
	return Number.isNaN(wait) ? undefined : Math.min(Math.max(0, wait), LONGEST_WAIT_MS);
}

function reasonOf(error: Error): string {
	if (error.name === "TimeoutError") return `no answer within ${ANSWER_MS / 1000} s`;
	// fetch tells no more than that it has failed; why is behind it.
	const cause = error.cause as NodeJS.ErrnoException | undefined;
	return plain(cause?.code || cause?.message || error.message).slice(0, 200);
}

function urlOf(text: string): URL {
	const expected = "--to: expected https://host[:port][/path], or http://";
	let url: URL;
	try {
		url = new URL(text);
		decodeURIComponent(url.username);
		decodeURIComponent(url.password);
	} catch {
		throw new UsageError(expected);
	}
	if (url.protocol !== "https:" && url.protocol !== "http:") throw new UsageError(expected);
	return url;
}

function headersOf(given: readonly string[]): Headers {
	const headers = new Headers();
	for (const text of given) {
		const colon = text.indexOf(":");
		const name = text.slice(0, Math.max(0, colon)).trim();
		if (OURS.includes(name.toLowerCase())) throw new UsageError(`--header: ${name} is not yours to choose`);
		try {
			headers.append(name, text.slice(colon + 1).trim());
		} catch {
			// Its value may be a secret, and without a colon nobody knows where that begins.
			throw new UsageError('--header: expected "Name: value"');
		}
	}
	return headers;
}
