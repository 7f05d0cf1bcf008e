// Completes package-lock.json after `npm install`. Tools with binaries name one optional package for each platform, and
// npm writes down only those that its registry could show it; `npm ci` then refuses a lock file that lacks the others.
// A missing one is written down by its version and by the platform that its name tells. Run as `npm run lock`.

import { readFileSync, writeFileSync } from "node:fs";

const FILE = "package-lock.json";
const lock = JSON.parse(readFileSync(FILE, "utf8"));
let added = 0;

for (const [path, entry] of Object.entries({ ...lock.packages }))
	for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
		if (lock.packages[`${path}/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`]) continue;
		lock.packages[`node_modules/${name}`] = {
			version,
			...(entry.dev && { dev: true }),
			optional: true,
			...platformOf(name),
		};
		added += 1;
	}

lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify(lock, null, "\t")}\n`);
console.log(`${added} packages of other platforms added to ${FILE}.`);

/** `@scope/binding-linux-arm64-musl` is for { os: linux, cpu: arm64, libc: musl }. */
function platformOf(name) {
	const [os, cpu, abi = ""] = name
		.split("/")
		.at(-1)
		.replace(/^(cli|binding)-/, "")
		.split("-");
	if (os === "wasm32") return { cpu: ["wasm32"] };
	const libc = abi.startsWith("musl") ? ["musl"] : os === "linux" && abi.startsWith("gnu") ? ["glibc"] : undefined;
	return { cpu: [cpu], os: [os], ...(libc && { libc }) };
}
