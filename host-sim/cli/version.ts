// The package's version, for who asks and for what we write.

import { readFileSync } from "node:fs";

/** As in package.json; the sources and the built files lie at different depths. */
export function version(): string {
	for (const path of ["../../package.json", "../../../package.json"]) {
		try {
			return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")).version;
		} catch {
			// Not there; one further up.
		}
	}
	return "unknown";
}
