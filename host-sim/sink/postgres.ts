// Readings as rows of a table in PostgreSQL. A row is known by board, boot and number, so one that comes twice is there once.
// A reading that has the number of another one is refused, and not lost in silence.

import postgres, { type Row, type Sql } from "postgres";
import { UsageError } from "../fleet/scenario.js";
import { rowOutcome, setUpOutcome } from "./sqlstate.js";
import { type Outcome, STORED, type Storable, type Target } from "./target.js";

const COLUMNS: Readonly<Record<string, string>> = {
	board: "text",
	boot: "bigint",
	seq: "bigint",
	time: "timestamp with time zone",
	received: "timestamp with time zone",
	values: "jsonb",
};
/** How long the server may take, and how much longer we wait where it says nothing at all. */
const STATEMENT_MS = 30_000;
const SILENCE_MS = 5000;
const CONNECT_S = 10;
const LONGEST_NAME = 63;
const EXPECTED = "expected postgres://[user[:password]@]host[:port]/database";

interface Column {
	readonly name: string;
	readonly type: string;
	readonly needed: boolean;
}

export class Postgres implements Target {
	readonly name: string;
	readonly place: string;
	readonly #url: string;
	readonly #table: string;
	#sql: Sql | undefined;
	#isPrepared = false;

	/** Throws UsageError, which has nothing of the URL in it. */
	constructor(url: string, table: string) {
		this.#url = url;
		this.#table = table.split(".").map(quoted).join(".");
		const names = table.split(".");
		if (names.length > 2 || names.some(name => name === "" || Buffer.byteLength(name) > LONGEST_NAME))
			throw new UsageError("--table: expected the name of a table, or schema.table");
		this.name = `${describe(url)}, table ${table}`;
		this.place = this.name;
	}

	async open(): Promise<Outcome> {
		if (this.#isPrepared) return STORED;
		try {
			const reason = await this.#inTime(this.#prepare());
			if (reason !== undefined) return { kind: "refused", reason };
		} catch (error) {
			this.#drop();
			return setUpOutcome(error);
		}
		this.#isPrepared = true;
		return STORED;
	}

	async write(messages: readonly Storable[]): Promise<Outcome[]> {
		const ready = await this.open();
		if (ready.kind === "stored") return this.#store(messages);
		const { reason } = ready;
		return messages.map(() => ({ kind: "later", reason }));
	}

	async close(): Promise<void> {
		await this.#sql?.end({ timeout: 0 });
	}

	/** All in one transaction; where one of them is refused, by halves until it is found. */
	async #store(messages: readonly Storable[]): Promise<Outcome[]> {
		try {
			return await this.#inTime(this.#insert(messages));
		} catch (error) {
			const outcome = rowOutcome(error);
			if (outcome.kind === "later") this.#drop();
			if (outcome.kind === "later" || messages.length === 1) return messages.map(() => outcome);
			const middle = messages.length >> 1;
			const first = await this.#store(messages.slice(0, middle));
			const rest = messages.slice(middle);
			// Where it has gone meanwhile, asking again would only take time.
			const gone = first.find(({ kind }) => kind === "later");
			return [...first, ...(gone === undefined ? await this.#store(rest) : rest.map(() => gone))];
		}
	}

	async #insert(messages: readonly Storable[]): Promise<Outcome[]> {
		const rows = messages.flatMap(({ content: { board, boot, readings }, receivedMs }, message) =>
			readings.map(({ seq, time, values }) => ({ message, board, boot, seq, time, received: receivedMs, values })),
		);
		const json = JSON.stringify(rows);
		const others = await this.#connection().begin(async sql => {
			// A commit that is answered before it is on the disk would be none, whatever the server is set to.
			await sql.unsafe(`set local synchronous_commit = on; set local statement_timeout = ${STATEMENT_MS}`);
			const [added] = await sql.unsafe(this.#insertion(), [json]);
			if (Number(added!["count"]) === rows.length) return [] as Row[];
			const there: Row[] = await sql.unsafe(this.#comparison(), [json]);
			return there;
		});
		const conflicts = new Map(others.map(row => [Number(row["message"]), Number(row["seq"])]));
		return messages.map((_, i): Outcome => {
			const seq = conflicts.get(i);
			if (seq === undefined) return STORED;
			return { kind: "refused", reason: `another reading of that board and boot has the number ${seq}` };
		});
	}

	#given(): string {
		return `select message, board, boot, seq, to_timestamp("time" / 1000) as "time", to_timestamp(received / 1000) as received, "values"
			from jsonb_to_recordset($1::text::jsonb) as given(message integer, board text, boot bigint, seq bigint,
			"time" double precision, received double precision, "values" jsonb)`;
	}

	#insertion(): string {
		return `with added as (
			insert into ${this.#table} (board, boot, seq, "time", received, "values")
			select board, boot, seq, "time", received, "values" from (${this.#given()}) given
			on conflict (board, boot, seq) do nothing returning 1)
			select count(*) as count from added`;
	}

	/** Those that were there before with something else in them. */
	#comparison(): string {
		return `select given.message, min(given.seq) as seq from (${this.#given()}) given
			join ${this.#table} there using (board, boot, seq)
			where (there."time", there."values") is distinct from (given."time", given."values") group by given.message`;
	}

	/** The table is there, as it should be; or the reason why it is not. */
	async #prepare(): Promise<string | undefined> {
		const sql = this.#connection();
		const columns = await this.#columns(sql);
		if (columns.length === 0)
			await sql.unsafe(`create table if not exists ${this.#table} (board text not null, boot bigint not null,
				seq bigint not null, "time" timestamptz, received timestamptz not null, "values" jsonb not null,
				primary key (board, boot, seq))`);
		else {
			const difference = differenceOf(columns);
			if (difference !== undefined) return `the table has other columns than readings need: ${difference}`;
		}
		try {
			await sql.unsafe(this.#insertion(), ["[]"]);
		} catch (error) {
			if ((error as { code?: string }).code !== "42P10") throw error;
			return "the table has no primary key of board, boot and seq";
		}
		return undefined;
	}

	async #columns(sql: Sql): Promise<Column[]> {
		const rows = await sql.unsafe(
			`select attname as name, format_type(atttypid, atttypmod) as type,
				attnotnull and not atthasdef and attidentity = '' as needed
			from pg_attribute where attrelid = to_regclass($1::text) and attnum > 0 and not attisdropped`,
			[this.#table],
		);
		return rows.map(row => row as unknown as Column);
	}

	#connection(): Sql {
		this.#sql ??= postgres(this.#url, {
			max: 1,
			connect_timeout: CONNECT_S,
			fetch_types: false,
			connection: { application_name: "thimble sink" },
			onnotice() {},
		});
		return this.#sql;
	}

	/** What has failed is begun anew: connection, and the look at the table. */
	#drop(): void {
		const sql = this.#sql;
		this.#sql = undefined;
		this.#isPrepared = false;
		// It has failed already: how it ends is of no interest.
		sql?.end({ timeout: 0 }).catch(() => {});
	}

	/** A server whose machine has gone says nothing. */
	#inTime<T>(promise: Promise<T>): Promise<T> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error("no answer in time")), STATEMENT_MS + SILENCE_MS);
			promise.then(resolve, reject).finally(() => clearTimeout(timer));
		});
	}
}

function differenceOf(columns: readonly Column[]): string | undefined {
	for (const [name, type] of Object.entries(COLUMNS)) {
		const column = columns.find(each => each.name === name);
		if (column === undefined) return `"${name}" is missing`;
		if (column.type !== type) return `"${name}" is ${column.type}, not ${type}`;
	}
	// One that can be left out may stay: it may be computed from the others.
	const other = columns.find(({ name, needed }) => needed && !Object.hasOwn(COLUMNS, name));
	return other === undefined ? undefined : `"${other.name}" may not be left out`;
}

function quoted(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}

/** Without password and parameters. Throws UsageError. */
function describe(text: string): string {
	let url: URL;
	let database: string;
	try {
		url = new URL(text);
		database = decodeURIComponent(url.pathname.slice(1));
		decodeURIComponent(url.username);
		decodeURIComponent(url.password);
	} catch {
		throw new UsageError(`--to: ${EXPECTED}`);
	}
	if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") throw new UsageError(`--to: ${EXPECTED}`);
	// A password with a slash in it would end up in the database.
	if (database.includes("@")) throw new UsageError("--to: write / as %2F and @ as %40 in user and password");
	return `postgres://${url.username === "" ? "" : `${url.username}@`}${url.host}/${database}`;
}
