// A page as a test plays it: the server over a scenario, and somebody who asks it and keeps what it says.

import { afterEach } from "vitest";
import { WebSocket } from "ws";
import type { FromDesk, Seen, ToDesk } from "../../host-sim/desk/protocol.js";
import { type Desk, type DeskOptions, openDesk } from "../../host-sim/desk/server.js";
import { type Live, type LiveOptions, liveStage } from "../../host-sim/desk/stage.js";
import { checkScenario } from "../../host-sim/fleet/scenario.js";
import { until } from "./mosquitto.js";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

/** Something to be undone when the test is over, the last one first. */
export function afterwards(end: () => unknown): void {
	ends.push(end);
}

/** A world that runs. */
export function running(given: object, options: Partial<LiveOptions> = {}): Live {
	const live = liveStage(checkScenario(given, ""), { title: "test", where: { url: "mqtt://broker:1883" }, ...options });
	const halt = new AbortController();
	void live.stage.pace.run({ signal: halt.signal });
	afterwards(() => halt.abort());
	return live;
}

/** Its server, on any port. */
export async function desk(stage: DeskOptions["stage"], options: Partial<DeskOptions> = {}): Promise<Desk> {
	const opened = await openDesk({
		stage,
		version: "1.2.3",
		folder: () => Promise.reject(new Error("no files here")),
		port: 0,
		...options,
	});
	afterwards(() => opened.close());
	return opened;
}

type Told<Event extends FromDesk["event"]> = Extract<FromDesk, { event: Event }>;

export class Visitor {
	readonly told: FromDesk[] = [];
	readonly socket: WebSocket;
	isClosed = false;
	/** The answer in HTTP, where there is no WebSocket. */
	refused: string | undefined;

	constructor(
		{ port }: Pick<Desk, "port">,
		query = "",
		headers: Record<string, string> = {},
		protocol = "thimble-desk",
	) {
		this.socket = new WebSocket(`ws://127.0.0.1:${port}/desk${query}`, protocol, { headers });
		this.socket.on("message", data => this.told.push(JSON.parse(String(data)) as FromDesk));
		this.socket.on("unexpected-response", (_request, response) => {
			let text = "";
			response.on("data", chunk => (text += chunk));
			response.on("end", () => (this.refused = `${response.statusCode} ${text.trimEnd()}`));
		});
		this.socket.on("error", () => {});
		this.socket.on("close", () => {
			this.isClosed = true;
		});
		afterwards(() => this.socket.terminate());
	}

	ask(what: ToDesk): void {
		this.socket.send(JSON.stringify(what));
	}

	all<Event extends FromDesk["event"]>(event: Event): Told<Event>[] {
		return this.told.filter((each): each is Told<Event> => each.event === event);
	}

	/** The next one with that name, from now on. */
	async next<Event extends FromDesk["event"]>(event: Event): Promise<Told<Event>> {
		const before = this.all(event).length;
		await until(event, () => this.all(event).length > before);
		return this.all(event)[before]!;
	}

	/** The first of all. */
	async hello(): Promise<Told<"hello">> {
		await until("hello", () => this.told.length > 0);
		return this.told[0] as Told<"hello">;
	}

	get seen(): Seen[] {
		return this.all("seen").flatMap(({ seen }) => seen);
	}
}
