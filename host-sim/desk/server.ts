// The server of the page: its files, what only the simulator knows (protocol.ts), and MQTT over WebSocket to the broker of the stage
// that the page looks at. Every page looks at the same stage, but one that is at a lesson, which has its own.

import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import * as v from "valibot";
import { type WebSocket, WebSocketServer } from "ws";
import type { Scenario } from "../fleet/scenario.js";
import { checked, UsageError } from "../fleet/schema.js";
import { framesOf, SUBPROTOCOL } from "../node/frames.js";
import { Gate, inUrl } from "./gate.js";
import { answer, Page } from "./page.js";
import { DESK_PATH, DESK_SUBPROTOCOL, type FromDesk, LESSON, MQTT_PATH } from "./protocol.js";
import { liveStage, type Stage, type WorldStage } from "./stage.js";

export interface DeskOptions {
	readonly stage: Stage;
	/** Of Thimble. */
	readonly version: string;
	/** Where the page's files are. */
	folder(): Promise<string>;
	/** Default 127.0.0.1. */
	readonly host?: string;
	readonly port: number;
	/** What a lesson runs; undefined where there is none of that name. Throws UsageError where it cannot be had. */
	lesson?(name: string): Scenario | undefined;
}

export interface Desk {
	readonly port: number;
	/** Where the page is, with the token where one is asked for. */
	readonly url: string;
	/** Ends all connections and lessons, and listens no more. */
	close(): Promise<void>;
}

/** The longest message of a page, in bytes; of MQTT over its WebSocket a frame. */
const MOST_MESSAGE = 65_536;
const MOST_FRAME = 1_048_576;
const MOST_PAGES = 32;
/** Connections for MQTT: a page has one, and a while two. */
const MOST_CLIENTS = 64;
const MOST_LESSONS = 8;
/** A page that has not taken so many bytes takes nothing any more. */
const DEAF_BYTES = 33_554_432;
/** How long the goodbyes of connections may take, in ms. */
const LINGER_MS = 500;
const MAIN = "main";

const ask = v.variant(
	"ask",
	[
		v.object({
			ask: v.literal("see"),
			clients: v.union(
				[v.literal("all"), v.pipe(v.array(v.string()), v.maxLength(10_000))],
				'expected "all", or a list of at most 10000 client ids',
			),
		}),
		v.looseObject({ ask: v.literal("fault") }),
		v.object({
			ask: v.literal("mend"),
			id: v.optional(v.number("expected the number of what shall be mended")),
		}),
	],
	"expected see, fault or mend",
);

/** Rejects with Node's error (EADDRINUSE, EACCES, …) where the port cannot be had. */
export async function openDesk(options: DeskOptions): Promise<Desk> {
	const { host = "127.0.0.1" } = options;
	const desk = new DeskServer(options, host);
	await desk.listen();
	return desk;
}

class DeskServer implements Desk {
	readonly #options: DeskOptions;
	readonly #host: string;
	readonly #gate: Gate;
	readonly #server: Server;
	readonly #stages = new Map<string, Stage>();
	/** What ends each page. */
	readonly #pages = new Set<() => void>();
	readonly #desks = new WebSocketServer({
		noServer: true,
		maxPayload: MOST_MESSAGE,
		perMessageDeflate: false,
		handleProtocols: () => DESK_SUBPROTOCOL,
	});
	readonly #clients = new WebSocketServer({
		noServer: true,
		maxPayload: MOST_FRAME,
		perMessageDeflate: false,
		// The one that has been chosen is said in the answer [MQTT-6.0.0-4].
		handleProtocols: () => SUBPROTOCOL,
	});
	#lessons = 0;

	constructor(options: DeskOptions, host: string) {
		this.#options = options;
		this.#host = host;
		this.#gate = new Gate(host);
		this.#stages.set(MAIN, options.stage);
		const page = new Page(options.folder);
		this.#server = createServer((request, response) => {
			const rejection = this.#reject(request, false);
			if (rejection !== undefined) answer(response, rejection.status, rejection.sentence);
			else void page.handle(request, response);
		});
		this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
	}

	get port(): number {
		const address = this.#server.address();
		return typeof address === "object" && address !== null ? address.port : 0;
	}

	get url(): string {
		const { token } = this.#gate;
		return `http://${inUrl(this.#host)}:${this.port}/${token === undefined ? "" : `#token=${token}`}`;
	}

	listen(): Promise<void> {
		const server = this.#server;
		return new Promise((resolve, reject) => {
			server.once("error", reject);
			server.listen(this.#options.port, this.#host, () => {
				server.off("error", reject);
				// Later ones concern one connection.
				server.on("error", () => {});
				resolve();
			});
		});
	}

	async close(): Promise<void> {
		for (const end of [...this.#pages]) end();
		const sockets = [...this.#desks.clients, ...this.#clients.clients];
		for (const socket of sockets) socket.close(1001, "the run has ended");
		const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
		const timer = setTimeout(() => {
			for (const socket of sockets) socket.terminate();
			this.#server.closeAllConnections();
		}, LINGER_MS);
		this.#server.closeIdleConnections();
		await closed;
		clearTimeout(timer);
	}

	#reject({ headers, url = "/" }: IncomingMessage, isSocket: boolean) {
		return this.#gate.reject({ headers, url, isSocket }, this.port);
	}

	#upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
		socket.on("error", () => socket.destroy());
		const rejection = this.#reject(request, true);
		if (rejection !== undefined) return refuse(socket, rejection.status, rejection.sentence);
		const [pathname, query = ""] = (request.url ?? "/").split("?");
		const searchParams = new URLSearchParams(query);
		const offered = String(request.headers["sec-websocket-protocol"]).split(/\s*,\s*/);
		if (pathname === DESK_PATH) {
			if (!offered.includes(DESK_SUBPROTOCOL))
				return refuse(socket, 400, `the subprotocol here is ${DESK_SUBPROTOCOL}`);
			if (this.#desks.clients.size >= MOST_PAGES) return refuse(socket, 503, "so many pages are open already");
			this.#desks.handleUpgrade(request, socket, head, page => this.#open(page, searchParams.get(LESSON)));
			return;
		}
		if (pathname !== MQTT_PATH) return refuse(socket, 404, "there is nothing here");
		if (!offered.includes(SUBPROTOCOL)) return refuse(socket, 400, `the subprotocol here is ${SUBPROTOCOL}`);
		const stage = this.#stages.get(searchParams.get("stage") ?? MAIN);
		if (stage === undefined) return refuse(socket, 404, "there is no such stage any more");
		if (this.#clients.clients.size >= MOST_CLIENTS) return refuse(socket, 503, "so many clients are here already");
		const { remoteAddress, remotePort } = request.socket;
		this.#clients.handleUpgrade(request, socket, head, client =>
			stage.carry(framesOf(client), `${remoteAddress}:${remotePort}`),
		);
	}

	#open(socket: WebSocket, lesson: string | null): void {
		socket.on("error", () => socket.terminate());
		const tell = (event: FromDesk) => {
			if (socket.readyState !== socket.OPEN) return;
			if (socket.bufferedAmount > DEAF_BYTES) socket.terminate();
			else socket.send(JSON.stringify(event));
		};
		if (lesson === null) {
			this.#serve(socket, MAIN, this.#options.stage, tell, () => {});
			return;
		}
		try {
			const { close, id, stage } = this.#openLesson(lesson, () => socket.terminate());
			this.#serve(socket, id, stage, tell, close);
		} catch (error) {
			tell({ event: "refused", ask: LESSON, sentence: sentenceOf(error) });
			socket.close(1000);
		}
	}

	/** A stage of its own. `failed`: it has come to its end by itself. Throws UsageError. */
	#openLesson(name: string, failed: () => void): { id: string; stage: WorldStage; close: () => void } {
		if (this.#lessons >= MOST_LESSONS) throw new UsageError("lesson: so many lessons are open already: close another");
		const scenario = this.#options.lesson?.(name);
		if (scenario === undefined) throw new UsageError("lesson: there is no lesson of that name");
		const id = randomBytes(8).toString("hex");
		const { stage } = liveStage(scenario, { title: name, where: { url: "mqtt://broker:1883" } });
		const halt = new AbortController();
		this.#lessons += 1;
		this.#stages.set(id, stage);
		const clients = new Set<Duplex>();
		const carry = stage.carry.bind(stage);
		stage.carry = (stream, peer) => {
			clients.add(stream);
			stream.on("close", () => clients.delete(stream));
			carry(stream, peer);
		};
		let isOpen = true;
		const close = () => {
			if (!isOpen) return;
			isOpen = false;
			this.#lessons -= 1;
			this.#stages.delete(id);
			halt.abort();
			stage.feed.close();
			for (const stream of clients) stream.destroy();
		};
		// What a lesson's world throws ends that lesson, and nothing else.
		stage.pace.run({ signal: halt.signal }).catch(error => {
			console.error(`thimble: lesson ${name} has ended: ${(error as Error).stack}`);
			failed();
		});
		return { id, stage, close };
	}

	#serve(socket: WebSocket, id: string, stage: Stage, tell: (event: FromDesk) => void, leave: () => void): void {
		const { boards, broker, faults, page, title } = stage;
		const view = stage.feed.open({
			take: (seen, left) => tell({ event: "seen", seen, left }),
			waitingBytes: () => socket.bufferedAmount,
		});
		stage.listeners.add(tell);
		let isOpen = true;
		const end = () => {
			if (!isOpen) return;
			isOpen = false;
			this.#pages.delete(end);
			stage.listeners.delete(tell);
			view.close();
			leave();
		};
		this.#pages.add(end);
		socket.on("close", end);
		socket.on("message", (data, isBinary) => {
			if (!isOpen) return;
			let asked = "";
			try {
				if (isBinary) throw new UsageError("expected JSON as text");
				const value = objectIn(String(data));
				if (typeof value["ask"] === "string") asked = value["ask"].slice(0, 40);
				const given = checked(ask, value, "");
				if (given.ask === "see") view.see(given.clients);
				else if (given.ask === "mend") stage.mend(given.id);
				else {
					const { ask: _, ...order } = given;
					stage.strike(order);
				}
			} catch (error) {
				tell({ event: "refused", ask: asked, sentence: sentenceOf(error) });
			}
		});
		tell({
			event: "hello",
			version: this.#options.version,
			stage: id,
			title,
			broker: page === undefined ? broker : { ...broker, credentials: page },
			boards,
			faults,
			now: stage.now,
			wall: stage.wall,
			troubles: stage.troubles,
		});
	}
}

function objectIn(text: string): Record<string, unknown> {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw new UsageError("expected JSON");
	}
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw new UsageError("expected a JSON object");
	return value as Record<string, unknown>;
}

/** For what was asked wrongly; of what is our own fault the console has more. */
function sentenceOf(error: unknown): string {
	if (error instanceof UsageError) return error.message;
	console.error(`thimble: the page's server: ${(error as Error).stack}`);
	return "that has failed here; the console says why";
}

/** Before there is a WebSocket: an answer in HTTP. */
function refuse(socket: Duplex, status: number, sentence: string): void {
	const body = `${sentence}\n`;
	const reasons: Readonly<Record<number, string>> = {
		400: "Bad Request",
		401: "Unauthorized",
		403: "Forbidden",
		404: "Not Found",
		503: "Service Unavailable",
	};
	socket.end(
		`HTTP/1.1 ${status} ${reasons[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nX-Content-Type-Options: nosniff\r\n\r\n${body}`,
	);
}
