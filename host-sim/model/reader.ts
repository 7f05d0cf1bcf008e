// A model from a file on the desktop, checked as a board checks it.

import { readFileSync } from "node:fs";
import { BadModel, Model } from "../../firmware/vision/model.js";
import { UsageError } from "../fleet/schema.js";

/** Throws UsageError where the file is not there, or no model. */
export function readModel(file: string): Model {
	let bytes: Uint8Array;
	try {
		bytes = readFileSync(file);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new UsageError(`${file}: ${code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`}`);
	}
	try {
		return new Model(bytes);
	} catch (error) {
		if (!(error instanceof BadModel)) throw error;
		throw new UsageError(`${file}: ${error.message}`);
	}
}
