// The table in a real PostgreSQL: what gets in, once, and what does not.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Postgres } from "../../../host-sim/sink/postgres.js";
import type { Storable } from "../../../host-sim/sink/target.js";
import { describeWith } from "../../support/need.js";
import { PASSWORD, Server } from "../../support/postgres.js";

const RECEIVED = 1_763_766_290_000;

function message(
	seq: number,
	values: object = { temperature: seq },
	more: { board?: string; time?: number } = {},
): Storable {
	const { board = "attic-01", time } = more;
	return {
		topic: `thimble/${board}/telemetry`,
		payload: new Uint8Array(1),
		length: 1,
		token: seq,
		qos: 1,
		connection: 0,
		receivedMs: RECEIVED,
		content: { board, boot: 1, readings: [{ seq, ...(time !== undefined && { time }), values: { ...values } }] },
	};
}

const stored = { kind: "stored" };

describe("the URL and the name of the table", () => {
	it("of a postgres:// URL everything is told but the password and the parameters", () => {
		const { name } = new Postgres("postgres://ann:s3cret@host:5433/db?sslpassword=s3cret", "a.b");
		expect(name).toBe("postgres://ann@host:5433/db, table a.b");
	});

	it.each([
		["s3cret", "expected postgres://"],
		["https://u:s3cret@host/db", "expected postgres://"],
		["postgres://u:%zz@host/s3cret", "expected postgres://"],
		["postgres://u:s3cret/x@host/db", "--to: "],
	])("%s is refused, without a word of it", (url, why) => {
		const refused = () => new Postgres(url, "readings");
		expect(refused).toThrow(why);
		expect(refused).not.toThrow(/s3cret/);
	});

	it.each(["", "a.b.c", "a.", "x".repeat(64)])("no table is called %j", table => {
		expect(() => new Postgres("postgres://host/db", table)).toThrow("--table");
	});
});

describeWith(["postgres"], "Postgres", () => {
	let server: Server;
	let target: Postgres;
	const others: Postgres[] = [];
	const make = (table = "readings", url = server.url) => {
		const made = new Postgres(url, table);
		others.push(made);
		return made;
	};
	beforeAll(async () => {
		server = await Server.start();
	});
	afterAll(() => server.close());
	beforeEach(async () => {
		await server.sql`drop table if exists readings`;
		target = make();
	});
	afterEach(async () => {
		for (const each of others.splice(0)) await each.close();
	});
	const rows = () => server.sql`select * from readings order by seq`;

	it("makes the table; a row for each reading, with a time where it has one", async () => {
		const batch = message(1, { temperature: 21.5, note: "é" }, { time: 1_763_766_285_123 });
		const two = {
			...batch,
			content: { ...batch.content, readings: [...batch.content.readings, { seq: 2, values: {} }] },
		};
		expect(await target.write([two])).toEqual([stored]);
		const received = new Date(RECEIVED);
		expect([...(await rows())]).toEqual([
			{
				...{ board: "attic-01", boot: "1", seq: "1", received },
				...{ time: new Date(1_763_766_285_123), values: { temperature: 21.5, note: "é" } },
			},
			{ board: "attic-01", boot: "1", seq: "2", received, time: null, values: {} },
		]);
		expect(await make().open()).toEqual(stored);
	});

	it("what comes twice is there once: in one batch, in two, and from another sink", async () => {
		expect(await target.write([message(1), message(1), message(2)])).toEqual([stored, stored, stored]);
		expect(await make().write([message(2), message(3)])).toEqual([stored, stored]);
		expect((await rows()).map(({ seq }) => seq)).toEqual(["1", "2", "3"]);
	});

	it("another reading with the same number is refused, and the one that is there stays", async () => {
		await target.write([message(1)]);
		const reason = "another reading of that board and boot has the number 1";
		expect(await target.write([message(1, { temperature: 9 }), message(2)])).toEqual([
			{ kind: "refused", reason },
			stored,
		]);
		expect(await target.write([message(1, { temperature: 1 }, { time: 5 })])).toEqual([{ kind: "refused", reason }]);
		expect((await rows()).map(({ values }) => values)).toEqual([{ temperature: 1 }, { temperature: 2 }]);
	});

	it("of a batch, what the table does not take is refused with its words, and all the rest is stored", async () => {
		await target.open();
		await server.sql`alter table readings add constraint warm check ((values->>'temperature')::float < 50)`;
		const batch = Array.from({ length: 20 }, (_, i) => message(i + 1, { temperature: i === 13 ? 99 : i }));
		batch[4] = message(5, { note: "\0" });
		const outcomes = await target.write(batch);
		expect(outcomes.map(({ kind }) => kind)).toEqual(batch.map((_, i) => (i === 4 || i === 13 ? "refused" : "stored")));
		expect(JSON.stringify(outcomes[13])).toContain("warm");
		expect(JSON.stringify(outcomes[4])).toContain("22P05");
		expect((await rows()).length).toBe(18);
	});

	it("while the server is away it is later, and afterwards it goes on; a table that has gone is made again", async () => {
		await target.write([message(1)]);
		await server.kill();
		expect((await target.write([message(2)]))[0]!.kind).toBe("later");
		expect((await make().open()).kind).toBe("later");
		await server.up();
		expect(await target.write([message(2)])).toEqual([stored]);
		await server.sql`drop table readings`;
		expect((await target.write([message(3)]))[0]!.kind).toBe("later");
		expect(await target.write([message(3)])).toEqual([stored]);
	});

	it("a commit is on the disk, whatever the server is set to", async () => {
		await server.sql`alter role thimble set synchronous_commit = off`;
		await target.open();
		await server.sql`create function told() returns trigger language plpgsql as
			$$ begin new.values = jsonb_build_object('commit', current_setting('synchronous_commit')); return new; end $$`;
		await server.sql`create trigger told before insert on readings for each row execute function told()`;
		await make().write([message(1)]);
		await server.sql`alter role thimble reset synchronous_commit`;
		expect((await rows())[0]!["values"]).toEqual({ commit: "on" });
	});

	it("a table with other columns is refused in one sentence; one that may be left out is welcome", async () => {
		await server.sql`create table readings (board text, boot bigint, seq integer)`;
		const refused = async () => ((await make().open()) as { reason: string }).reason;
		expect(await refused()).toBe('the table has other columns than readings need: "seq" is integer, not bigint');
		await server.sql`alter table readings alter seq type bigint`;
		expect(await refused()).toContain('"time" is missing');
		await server.sql`alter table readings add time timestamptz, add received timestamptz, add values jsonb`;
		expect(await refused()).toBe("the table has no primary key of board, boot and seq");
		await server.sql`alter table readings add primary key (board, boot, seq), add site text not null`;
		expect(await refused()).toContain('"site" may not be left out');
		await server.sql`alter table readings alter site set default 'here'`;
		await server.sql`alter table readings
			add column temperature float generated always as (("values"->>'temperature')::float) stored`;
		expect(await target.write([message(1)])).toEqual([stored]);
		expect((await rows())[0]).toMatchObject({ site: "here", temperature: 1 });
	});

	it("a table of any name, in a schema of its own; nothing in a name is obeyed", async () => {
		await server.sql`create schema if not exists lab`;
		expect(await make('lab.o"dd; drop table readings').write([message(1)])).toEqual([stored]);
		expect((await server.sql`select * from lab."o""dd; drop table readings"`).length).toBe(1);
	});

	it("a wrong password, database or schema is refused, with the reason and without the password", async () => {
		for (const [url, table, code] of [
			[server.url.replace(PASSWORD, "s3cret-but-wrong"), "readings", "28P01"],
			[server.url.replace("/postgres", "/nowhere").replace("nowhere@", ""), "readings", "3D000"],
			[server.url, "nowhere.readings", "3F000"],
		] as const) {
			const outcome = await make(table, url).open();
			expect(outcome, url).toMatchObject({ kind: "refused", reason: expect.stringContaining(code) });
			expect(JSON.stringify(outcome)).not.toContain("s3cret");
		}
	});
});
