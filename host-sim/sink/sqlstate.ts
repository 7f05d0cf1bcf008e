// What an error of PostgreSQL, or of the way there, means for readings: a matter of the reading, of the set-up, or of time.

import { plain } from "../sentence.js";
import type { Outcome } from "./target.js";

/** What it says of a row: data exception, constraint, check option, limits, and what a trigger has raised. */
const OF_THE_ROW = ["22", "23", "44", "54", "P0"];
/** A person has to change something: credentials, database, schema, privileges or syntax (no such table), features. */
const OF_THE_SET_UP = ["28", "3D", "3F", "42", "0A"];
const MOST_TEXT = 200;

export interface SqlError {
	readonly name?: string;
	readonly code?: string;
	readonly message?: string;
}

/** "later" for all but errors of the classes given; those are "refused". */
function outcomeOf({ code = "", message = "", name }: SqlError, classes: readonly string[]): Outcome {
	const text = plain(message === "" ? code : message).slice(0, MOST_TEXT);
	const isSaid = name === "PostgresError" && classes.some(each => code.startsWith(each));
	return { kind: isSaid ? "refused" : "later", reason: name === "PostgresError" ? `${text} (${code})` : text };
}

/** Of rows that were written. */
export function rowOutcome(error: unknown): Outcome {
	return outcomeOf(error as SqlError, OF_THE_ROW);
}

/** Of the table, before anything was written. */
export function setUpOutcome(error: unknown): Outcome {
	return outcomeOf(error as SqlError, OF_THE_SET_UP);
}
