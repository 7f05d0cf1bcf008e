// What every command says of itself, and to what it does not understand, as a person runs it.

import { afterEach, describe, expect, it, vi } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import { ALL } from "../../../host-sim/cli/catalogue.js";
import { type Listener, listen } from "../../../host-sim/node/listen.js";
import type { Message } from "../../../host-sim/testing.js";
import { thimble } from "../../support/command.js";
import { until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";
import { Terminal } from "../../support/terminal.js";

const COMMANDS = ALL.map(({ command }) => command);

async function said(...args: string[]) {
	const run = thimble(args, "");
	return { code: await run.code, out: run.out().toString(), err: run.err() };
}

describe.each(COMMANDS)("thimble %s", command => {
	it("--help has usage, purpose, options, exit codes and an example, in this order", async () => {
		const { code, err, out } = await said(command, "--help");
		expect([code, err]).toEqual([0, ""]);
		const [usage, ...rest] = out.split("\n\n");
		for (const [i, line] of usage!.split("\n").entries())
			expect(line.startsWith(`${i === 0 ? "Usage:" : "      "} thimble ${command} `)).toBe(true);
		// One sentence.
		expect(rest[0]).toMatch(/^[A-Z][^\n]*[^.]\.$/);
		const headings = rest.slice(1).map(section => section.split("\n")[0]!);
		expect(headings[0]).toBe("Options");
		expect(headings.slice(-2)).toEqual(["Exit codes", expect.stringMatching(/^Examples?$/)]);
		const [exits, examples] = rest.slice(-2).map(section => section.trimEnd().split("\n").slice(1));
		expect(exits![0]).toMatch(/^ {2}0 +\S/);
		expect(exits!.some(line => /^ {2}2 +\S/.test(line))).toBe(true);
		for (const example of examples!) expect(example.startsWith(`  thimble ${command}`)).toBe(true);
		expect(out).toMatch(/^ {2}--help +this text$/m);
	});

	it("ends with 2 and one sentence where an option is unknown", async () => {
		const { code, err, out } = await said(command, "--bogus");
		expect([code, out]).toEqual([2, ""]);
		expect(err).toMatch(/^thimble: [^\n]+\n$/);
	});
});

describe("thimble", () => {
	it("--help lists all commands with a line each, and the exit codes", async () => {
		for (const flag of ["--help", "-h"]) {
			const { code, err, out } = await said(flag);
			expect([code, err]).toEqual([0, ""]);
			const lines = out.slice(out.indexOf("\nCommands\n"), out.indexOf("\nExit codes\n")).trim().split("\n").slice(1);
			expect(lines.map(line => line.trim().split(" ")[0])).toEqual(COMMANDS);
			for (const line of lines) expect(line).toMatch(/^ {2}\S+ +\S.*$/);
			expect(out).toMatch(/\nExit codes\n {2}0 .*\n {2}1 .*\n {2}2 /);
		}
	});

	it.each([
		[["fly"], 'thimble: there is no command "fly"; see thimble --help\n'],
		[["fly", "--help"], 'thimble: there is no command "fly"; see thimble --help\n'],
		[["--bogus"], "thimble: which command? See thimble --help\n"],
	])("%j ends with 2 and one sentence", async (args, sentence) => {
		expect(await said(...args)).toEqual({ code: 2, out: "", err: sentence });
	});

	it("--version tells it, and nothing else", async () => {
		const { code, out } = await said("--version");
		expect([code, out]).toEqual([0, expect.stringMatching(/^thimble\/\d+\.\d+\.\d+ /)]);
	});
});

describeWith(["python3"], "colours in a terminal", () => {
	const listeners: Listener[] = [];
	afterEach(async () => {
		vi.unstubAllEnvs();
		for (const listener of listeners.splice(0)) await listener.close();
	});

	/** Whether there are any in what it shows. */
	async function isColoured(noColour: string, args: readonly string[], key?: string): Promise<boolean> {
		vi.stubEnv("NO_COLOR", noColour);
		const terminal = new Terminal(24, 100, args);
		if (key !== undefined) {
			await until("a board", () => terminal.display.text.includes("board-01"));
			terminal.press(key);
		}
		expect((await terminal.end()).code).toBe(0);
		expect(terminal.display.text).toContain("board-01");
		// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what escape sequences are made of
		return /\x1b\[[0-9;]*m/.test(terminal.display.text);
	}

	it("are there, unless --no-color or NO_COLOR says no: the table of run", async () => {
		const args = ["run", "--devices", "1", "--port", "0", "--duration", "500ms"];
		expect(await isColoured("", args)).toBe(true);
		expect(await isColoured("", [...args, "--no-color"])).toBe(false);
		expect(await isColoured("1", args)).toBe(false);
	});

	it("are there, unless --no-color or NO_COLOR says no: watch, in full and --once", async () => {
		const broker = new Broker();
		const listener = await listen(broker, 0);
		listeners.push(listener);
		const status = { topic: "thimble/board-01/status", payload: Buffer.from("online"), qos: 0, retain: true };
		broker.publish(status as Message);
		const args = ["watch", `mqtt://127.0.0.1:${listener.port}`];
		for (const [more, key] of [
			[["--once"], undefined],
			[[], "q"],
		] as const) {
			expect(await isColoured("", [...args, ...more], key)).toBe(true);
			expect(await isColoured("", [...args, ...more, "--no-color"], key)).toBe(false);
			expect(await isColoured("1", [...args, ...more], key)).toBe(false);
		}
	});
});
