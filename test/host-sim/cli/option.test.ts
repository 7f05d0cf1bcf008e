import { describe, expect, it } from "vitest";
import { ALL } from "../../../host-sim/cli/catalogue.js";
import type { Flag } from "../../../host-sim/cli/flags.js";
import { HELP, json, NO_COLOUR, secure } from "../../../host-sim/cli/option.js";

/** These are about something else in each command that has them, and say so. */
const MANY_THINGS = new Set(
	`--devices --broker --port --qos --protocol --duration --speed --until --jobs --wait --check --host --client --to --device --file
	--password-file --topic --id --session-expiry-interval --disable-clean-session --filter --force --key --cert --json`.split(
		/\s+/,
	),
);

/** All options, by their long names, and by command. */
const BY_NAME = new Map<string, Map<string, Flag>>();
for (const { command, options } of ALL)
	for (const flag of Object.values(options).flat()) {
		const name = flag.names.at(-1)!;
		BY_NAME.set(name, (BY_NAME.get(name) ?? new Map()).set(command, flag));
	}
const shared = [...BY_NAME].filter(([name, flags]) => flags.size > 1 && name.startsWith("--"));

describe("an option that several commands have", () => {
	it.each(shared.filter(([name]) => !MANY_THINGS.has(name)))("%s is the same in all of them", (_name, flags) => {
		const [first, ...others] = [...flags.values()].map(({ help, names, value }) => ({ help, names, value }));
		for (const other of others) expect(other).toEqual(first);
	});

	it.each(shared.filter(([name]) => MANY_THINGS.has(name)))(
		"%s is written in one way where it says the same",
		(_name, flags) => {
			const byHelp = new Map<string, Flag>();
			for (const flag of flags.values()) {
				const { names, value } = byHelp.get(flag.help) ?? flag;
				expect({ names: flag.names, value: flag.value }).toEqual({ names, value });
				byHelp.set(flag.help, flag);
			}
		},
	);

	it("--help is in every command, and --no-color says the same wherever it is", () => {
		expect([...BY_NAME.get("--help")!.keys()]).toEqual(ALL.map(({ command }) => command));
		for (const [name, flag] of [["--help", HELP] as const, ["--no-color", NO_COLOUR] as const])
			for (const each of BY_NAME.get(name)!.values()) expect(each).toEqual(flag);
	});

	it("--json says what the objects are", () => {
		const found = [...BY_NAME.get("--json")!.values()];
		expect(found.length).toBeGreaterThan(15);
		for (const flag of found) expect(flag).toEqual(json(flag.help.replace(/^one JSON object /, "")));
		expect(json("a line")).toEqual({ names: ["--json"], help: "one JSON object a line" });
	});

	it("the key of a certificate has another name where --key signs", () => {
		const names = (flags: ReturnType<typeof secure>) => flags.map(({ names }) => names[0]);
		expect(names(secure())).toEqual(["--cafile", "--cert", "--key", "--insecure"]);
		expect(names(secure("--cert-key"))).toEqual(["--cafile", "--cert", "--cert-key", "--insecure"]);
		expect(secure("--cert-key")[1]!.help).toBe("TLS: our own certificate, with --cert-key");
		for (const { command, options } of ALL) {
			const flags = Object.values(options).flat();
			if (!flags.some(({ names }) => names.includes("--cafile"))) continue;
			const key = flags.some(({ names }) => names.includes("--cert-key")) ? "--cert-key" : "--key";
			for (const flag of secure(key)) expect(flags, command).toContainEqual(flag);
		}
	});
});

describe("every option", () => {
	it("has its short name first, its value in capitals, and one text without a full stop", () => {
		for (const { command, options } of ALL)
			for (const { help, names, value } of Object.values(options).flat()) {
				const where = `${command} ${names.join(", ")}`;
				// The arguments of a build are no options: cafile=FILE.
				for (const name of names) expect(name, where).toMatch(/^(-\w|--[a-z][a-z0-9]*(-[a-z0-9]+)*|[a-z]+=[A-Z]+)$/);
				const isLong = names.map(name => name.startsWith("--"));
				expect(isLong.lastIndexOf(false), where).toBeLessThan(isLong.indexOf(true) < 0 ? 9 : isLong.indexOf(true));
				if (value !== undefined) expect(value, where).toMatch(/^\[?[A-Z]/);
				expect(help, where).toMatch(/^[^\n]*[^.\s]$/);
			}
	});

	it("has names that no other option of its command has", () => {
		for (const { command, options } of ALL) {
			const names = Object.values(options)
				.flat()
				.flatMap(flag => flag.names);
			expect(new Set(names).size, command).toBe(names.length);
		}
	});
});
