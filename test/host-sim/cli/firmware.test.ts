// Building the firmware, with an mcconfig that only notes what it was asked for.

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firmware } from "../../../host-sim/cli/firmware.js";
import { UsageError } from "../../../host-sim/fleet/scenario.js";
import { Certificates } from "../../support/certificates.js";
import { describeWith } from "../../support/need.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-mcconfig-"));
const noted = join(folder, "noted");
const bin = join(folder, "bin");
const said: string[] = [];

beforeAll(() => {
	mkdirSync(bin);
	const script = [
		"#!/bin/sh",
		`rm -rf "${noted}"; cp -r "$PWD" "${noted}"`,
		`for argument; do printf '%s\\n' "$argument" >> "${noted}/arguments"; done`,
		`exit $(cat "${folder}/status" 2>/dev/null || echo 0)`,
	];
	writeFileSync(join(bin, "mcconfig"), script.join("\n"));
	chmodSync(join(bin, "mcconfig"), 0o755);
});

afterAll(() => rmSync(folder, { recursive: true }));

const ALL = { MODDABLE: "/sdk", IDF_PATH: "/idf", PATH: `${bin}:/usr/bin:/bin` };

async function build(args: string[], env: NodeJS.ProcessEnv = ALL): Promise<number> {
	said.length = 0;
	return firmware(args, { env, say: text => said.push(text), stdio: "ignore" });
}

const asked = () => readFileSync(join(noted, "arguments"), "utf8").trim().split("\n");
const manifest = () => JSON.parse(readFileSync(join(noted, "manifest.json"), "utf8"));

describe("thimble firmware", () => {
	it.each([
		["esp32", "esp32"],
		["esp32s3", "esp32/esp32s3"],
		["esp32c3", "esp32/esp32c3"],
		["esp32/nodemcu", "esp32/nodemcu"],
		["lin", "lin"],
	])("%s is mcconfig's %s, with the package's manifest and the arguments as they are", async (name, platform) => {
		expect(await build([name, "-d", "broker=mqtt://u:secret word@h", "password=a b='c'"])).toBe(0);
		expect(asked()).toEqual(["-d", "-m", "-p", platform, "broker=mqtt://u:secret word@h", "password=a b='c'"]);
		expect(existsSync(manifest().include)).toBe(true);
		expect(manifest().data).toBe(undefined);
		expect(said.join()).not.toMatch(/secret|a b/);
		expect(said.join()).toContain("broker, password");
	});

	it("ends as mcconfig does, and leaves nothing behind", async () => {
		writeFileSync(join(folder, "status"), "3");
		expect(await build(["lin"])).toBe(1);
		rmSync(join(folder, "status"));
		expect(await build(["lin", "-i", "-o", folder])).toBe(0);
		expect(asked()).toEqual(["-i", "-o", folder, "-m", "-p", "lin"]);
	});

	it.each<[string, string[], NodeJS.ProcessEnv, RegExp]>([
		["no SDK", ["esp32"], { ...ALL, MODDABLE: "" }, /\$MODDABLE is not set/],
		["no mcconfig", ["esp32"], { ...ALL, PATH: "/nowhere" }, /no mcconfig on \$PATH/],
		["no ESP-IDF", ["esp32c3"], { ...ALL, IDF_PATH: undefined }, /\$IDF_PATH is not set/],
		["no platform", ["broker=h"], ALL, /which platform/],
		["another platform", ["esp8266"], ALL, /expected esp32/],
		["two platforms", ["esp32", "lin"], ALL, /one platform/],
		["a flag that is none of ours", ["lin", "-x"], ALL, /one platform/],
		["a name that nobody knows", ["lin", "passwort=secret"], ALL, /no "passwort"/],
		["a folder that is not there", ["lin", "-o", "/nowhere"], ALL, /-o wants a folder/],
		["TLS and nobody to trust", ["lin", "broker=mqtts://u:secret@h"], ALL, /need cafile=/],
		["somebody to trust and no TLS", ["lin", "broker=u:secret@h", "cafile=ca.pem"], ALL, /are for TLS/],
		["a certificate without its key", ["lin", "broker=wss://h", "cafile=x", "cert=y"], ALL, /need each other/],
		["a file that is not there", ["lin", "broker=wss://h", "cafile=/nowhere"], ALL, /no such file/],
	])("with %s says so in one sentence, without what was given", async (_, args, env, expected) => {
		rmSync(noted, { recursive: true, force: true });
		await expect(build(args, env)).rejects.toThrow(UsageError);
		await expect(build(args, env)).rejects.toThrow(expected);
		await expect(build(args, env)).rejects.not.toThrow(/secret/);
		expect(existsSync(noted)).toBe(false);
	});

	it("for the desktop wants no ESP-IDF", async () => {
		expect(await build(["lin"], { ...ALL, IDF_PATH: undefined })).toBe(0);
	});

	it("explains itself without an SDK", async () => {
		expect(await build(["--help"], {})).toBe(0);
		expect(said.join()).toMatch(/Usage: thimble firmware[\s\S]*cafile=FILE[\s\S]*broker/);
	});
});

describeWith(["openssl"], "thimble firmware with TLS", () => {
	const certificates = new Certificates();
	afterAll(() => certificates.close());

	it("puts certificates into the build, in DER, one behind the other", async () => {
		const { ca, otherCa } = certificates;
		const cafile = certificates.file("both.pem", Buffer.concat([ca.cert, otherCa.cert]));
		expect(await build(["lin", "broker=mqtts://h", `cafile=${cafile}`])).toBe(0);
		expect(manifest().data).toEqual({ "*": ["./ca"] });
		const der = (pem: Buffer) => Buffer.from(pem.toString().replaceAll(/-----.*-----|\s/g, ""), "base64");
		expect(readFileSync(join(noted, "ca.der"))).toEqual(Buffer.concat([der(ca.cert), der(otherCa.cert)]));
		expect(asked()).toEqual(["-m", "-p", "lin", "broker=mqtts://h"]);
	});

	it("takes a key of RSA, and no other", async () => {
		const { ca, client } = certificates;
		const own = [`cert=${client.certFile}`, `key=${client.keyFile}`];
		await expect(build(["lin", "broker=mqtts://h", `cafile=${ca.certFile}`, ...own])).rejects.toThrow(/of RSA/);
		await expect(build(["lin", "broker=mqtts://h", `cafile=${ca.keyFile}`])).rejects.toThrow(/no certificate in PEM/);
	});
});
