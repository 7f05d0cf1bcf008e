import { describe, expect, it } from "vitest";
import { BENCH, DECODE, EXPORT, REPLAY, RUN, SHOW, SWARM, UPDATE } from "../../../host-sim/cli/commands.js";
import { FIRMWARE } from "../../../host-sim/cli/firmware.js";
import { json, secure } from "../../../host-sim/cli/option.js";
import { PROVISION } from "../../../host-sim/cli/provision.js";
import { PUB } from "../../../host-sim/cli/pub.js";
import { SUB } from "../../../host-sim/cli/sub.js";
import { WATCH } from "../../../host-sim/cli/watch.js";

const ALL = [RUN, SWARM, REPLAY, SHOW, EXPORT, BENCH, UPDATE, DECODE, PROVISION, PUB, SUB, WATCH, FIRMWARE];

/** What each command says of an option, by command. */
function wordings(name: string): Record<string, string> {
	const found: Record<string, string> = {};
	for (const { command, options } of ALL) {
		const flag = Object.values(options)
			.flat()
			.find(({ names }) => names.includes(name));
		if (flag !== undefined) found[command] = flag.help;
	}
	return found;
}

describe("an option that several commands have", () => {
	it.each([
		["--help", 13],
		["--cafile", 6],
		["--insecure", 6],
		["--no-color", 2],
		["--client", 2],
	])("%s says the same in all of them", (name, count) => {
		const found = Object.values(wordings(name));
		expect(found).toHaveLength(count);
		expect(new Set(found).size).toBe(1);
	});

	it("--json says what the objects are", () => {
		const found = Object.values(wordings("--json"));
		expect(found).toHaveLength(12);
		for (const help of found) expect(help).toMatch(/^one JSON object /);
		expect(json("a line")).toEqual({ names: ["--json"], help: "one JSON object a line" });
	});

	it("the key of a certificate has another name where --key signs", () => {
		const names = (flags: ReturnType<typeof secure>) => flags.map(({ names }) => names[0]);
		expect(names(secure())).toEqual(["--cafile", "--cert", "--key", "--insecure"]);
		expect(names(secure("--cert-key"))).toEqual(["--cafile", "--cert", "--cert-key", "--insecure"]);
		expect(secure("--cert-key")[1]!.help).toBe("TLS: our own certificate, with --cert-key");
	});
});
