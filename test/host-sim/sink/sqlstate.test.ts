// Errors of PostgreSQL: whose matter they are.

import { describe, expect, it } from "vitest";
import { rowOutcome, setUpOutcome } from "../../../host-sim/sink/sqlstate.js";

const said = (code: string) => ({ name: "PostgresError", code, message: "so it is" });

describe("an error of PostgreSQL", () => {
	it.each(["22P05", "23514", "23502", "54000", "P0001"])("%s is of the row: refused for good", code => {
		expect(rowOutcome(said(code))).toEqual({ kind: "refused", reason: `so it is (${code})` });
		expect(setUpOutcome(said(code)).kind).toBe("later");
	});

	it.each(["28P01", "3D000", "42501", "42P01"])("%s is of the set-up: a person has to change something", code => {
		expect(setUpOutcome(said(code)).kind).toBe("refused");
		expect(rowOutcome(said(code)).kind).toBe("later");
	});

	it.each(["40P01", "53300", "57P01", "57P03", "08006", "25006"])("%s is of this moment", code => {
		expect([rowOutcome(said(code)).kind, setUpOutcome(said(code)).kind]).toEqual(["later", "later"]);
	});

	it("so is what the way there has, however it is called; told without anything that a terminal would obey", () => {
		const error = Object.assign(new Error("write \x1b[2J"), { code: "23505" });
		expect(rowOutcome(error)).toEqual({ kind: "later", reason: "write ?[2J" });
		expect(rowOutcome({ code: "ECONNREFUSED", message: "" })).toEqual({ kind: "later", reason: "ECONNREFUSED" });
	});
});
