// Suites that want a Debian package. Without it a person sees them skipped by name, with the reason; in CI it is a failure.

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, it } from "vitest";

/** Program to the Debian package that has it. */
const PACKAGES = {
	mosquitto: "mosquitto",
	mosquitto_passwd: "mosquitto",
	mosquitto_pub: "mosquitto-clients",
	mosquitto_sub: "mosquitto-clients",
	openssl: "openssl",
	gcc: "gcc",
	"gcc -m32": "gcc-multilib",
	"riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf",
	"qemu-system-riscv32": "qemu-system-misc",
	picolibc: "picolibc-riscv64-unknown-elf",
	paho: "python3-paho-mqtt",
	python3: "python3",
	jinja2: "python3-jinja2",
	tshark: "tshark",
	chromium: "chromium",
	postgres: "postgresql",
	"rabbitmq-server": "rabbitmq-server",
	"fashion-mnist": "dataset-fashion-mnist",
} as const;

export type Program = keyof typeof PACKAGES;

/** What is no program but files of a package. */
const LIBRARIES: Partial<Record<Program, () => string | undefined>> = {
	"gcc -m32": () => {
		const folder = "/usr/lib/gcc";
		const found = folders(folder).flatMap(target =>
			folders(join(folder, target)).map(version => join(target, version)),
		);
		return found.map(each => join(folder, each, "32/libgcc.a")).find(existsSync);
	},
	// Debian has several versions side by side, none of them in the PATH.
	postgres: () =>
		folders("/usr/lib/postgresql")
			.map(version => join("/usr/lib/postgresql", version, "bin/postgres"))
			.find(existsSync),
	picolibc: () => ["/usr/lib/picolibc/riscv64-unknown-elf/picolibc.specs"].find(existsSync),
	"fashion-mnist": () => ["/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz"].find(existsSync),
	paho: () => ["/usr/lib/python3/dist-packages/paho"].find(existsSync),
	// The Python that has it: Debian's, or the first one in the PATH.
	jinja2: () => ["/usr/bin/python3", "python3"].find(python => spawnSync(python, ["-c", "import jinja2"]).status === 0),
};

function folders(path: string): string[] {
	return existsSync(path) ? readdirSync(path) : [];
}

export function describeWith(programs: readonly Program[], name: string, suite: () => void): void {
	const missing = [
		...new Set(programs.filter(program => find(program) === undefined).map(program => PACKAGES[program])),
	];
	if (missing.length === 0) describe(name, suite);
	else if (process.env["CI"] === "true")
		describe(name, () => {
			it(`needs ${missing.join(" and ")}`, () => {
				throw new Error(`not installed: ${missing.join(", ")}; npm run setup installs it`);
			});
		});
	else describe.skip(`${name} (skipped: ${missing.join(" and ")} not installed; npm run setup installs it)`, suite);
}

/** Debian puts servers where a user's PATH does not look. */
export function find(program: Program): string | undefined {
	const library = LIBRARIES[program];
	if (library !== undefined) return library();
	for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]) {
		const path = join(folder, program);
		try {
			accessSync(path, constants.X_OK);
			return path;
		} catch {
			// Not here.
		}
	}
	return undefined;
}
