// Where everybody stands in the diagram: boards, the broker, and the page with whoever else there is.

/** Whose packets are shown: of some clients, one lane each; or of all, of whom those of a kind share a lane. */
export type Choice = "all" | readonly string[];

export interface Lane {
	readonly kind: "board" | "boards" | "broker" | "page" | "client" | "clients";
	/** Of one client: who. */
	readonly client: string;
	/** Between the left end, 0, and the right one, 1. */
	readonly at: number;
}

/** More would have no room for their names. */
export const MOST_LANES = 8;

export class Lanes {
	readonly list: readonly Lane[];
	readonly #choice: Choice;
	readonly #isBoard: (client: string) => boolean;
	readonly #byClient = new Map<string, Lane>();

	/** `page`: the client id of the page, where there is one. */
	constructor(choice: Choice, isBoard: (client: string) => boolean, page: string | undefined) {
		this.#choice = choice;
		this.#isBoard = isBoard;
		const clients = choice === "all" ? [] : choice.slice(0, MOST_LANES);
		const kindOf = (client: string) => (client === page ? "page" : isBoard(client) ? "board" : "client");
		const hasBoards = clients.some(isBoard);
		// Where there are boards, others stand across from them.
		const isLeft = (client: string) => client !== page && (isBoard(client) || !hasBoards);
		const stands = [
			...clients.filter(isLeft).map(client => ({ kind: kindOf(client), client }) as const),
			...(choice === "all" ? [{ kind: "boards", client: "" } as const] : []),
			{ kind: "broker", client: "" } as const,
			...(choice === "all" ? [{ kind: "clients", client: "" } as const] : []),
			...clients.filter(client => !isLeft(client)).map(client => ({ kind: kindOf(client), client }) as const),
		];
		this.list = stands.map((lane, i) => ({ ...lane, at: stands.length === 1 ? 0.5 : i / (stands.length - 1) }));
		for (const lane of this.list) if (lane.client !== "") this.#byClient.set(lane.client, lane);
	}

	get broker(): Lane {
		return this.list.find(({ kind }) => kind === "broker")!;
	}

	/** Undefined for a client that is not shown. */
	of(client: string): Lane | undefined {
		if (this.#choice !== "all") return this.#byClient.get(client);
		const kind = this.#isBoard(client) ? "boards" : "clients";
		return this.list.find(lane => lane.kind === kind);
	}
}
