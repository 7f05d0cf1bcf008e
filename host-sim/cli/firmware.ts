// `thimble firmware PLATFORM [name=value…]`: builds the firmware for a board with Moddable's mcconfig and puts it there. Beside
// what the manifest's "config" has there are cafile, cert and key, files in PEM: they become resources of the build, in a
// manifest of its own that lies in a temporary folder, so that no key gets into this one.

import { type SpawnOptions, spawn } from "node:child_process";
import {
	accessSync,
	constants,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseBrokers } from "../../firmware/device/config.js";
import { isSecure } from "../../firmware/device/transport.js";
import { UsageError } from "../fleet/scenario.js";
import { EXIT_FINE, EXIT_IMPOSSIBLE, type Help, helpText } from "./help.js";
import { HELP } from "./option.js";
import { certificateOf, keyOf, textOf } from "./secure.js";

/** By their names here, as mcconfig has them; any other target of the SDK is `esp32/…`. */
const PLATFORMS: Readonly<Record<string, string>> = {
	esp32: "esp32",
	esp32s3: "esp32/esp32s3",
	esp32c3: "esp32/esp32c3",
	lin: "lin",
};
const FILES = ["cafile", "cert", "key"] as const;
/** How long lines of names may be. */
const WIDTH = 100;

export const FIRMWARE: Help = {
	command: "firmware",
	usage: ["PLATFORM [options] [NAME=VALUE …]"],
	purpose: "Builds the firmware with Moddable's mcconfig and puts it on the board that is plugged in",
	options: {
		Options: [
			{ names: ["-d"], help: "with the debugger" },
			{ names: ["-i"], help: "with figures about memory" },
			{ names: ["-o"], value: "FOLDER", help: "where to build; it has to be there" },
			{
				names: ["cafile=FILE"],
				help: "with mqtts:// and wss://: who may have signed the broker's certificate, in PEM",
			},
			{ names: ["cert=FILE"], help: "the board's own certificate, with key" },
			{ names: ["key=FILE"], help: "its key, of RSA" },
			HELP,
		],
	},
	exits: [EXIT_FINE, ["1", "the build, or putting it on the board, failed"], EXIT_IMPOSSIBLE],
	examples: ["firmware esp32 ssid=home password=secret broker=192.168.1.10", "firmware lin"],
};

/** What a build takes from outside; a test has its own. */
export interface Surroundings {
	readonly env: NodeJS.ProcessEnv;
	say(text: string): void;
	readonly stdio?: SpawnOptions["stdio"];
}

/** Resolves with the exit code. Throws UsageError, which never holds a value that was given. */
export async function firmware(
	args: readonly string[],
	{ env, say, stdio = "inherit" }: Surroundings = { env: process.env, say: console.log },
): Promise<number> {
	const root = rootOf();
	const names = namesIn(root);
	if (args.includes("--help") || args.includes("-h")) {
		const platforms = ["esp32, esp32s3, esp32c3, esp32/TARGET of the SDK, or lin for its simulator"];
		say(helpText({ ...FIRMWARE, more: { Platforms: platforms, "Further names": wrapped(names) } }).trimEnd());
		return 0;
	}
	const { flags, platform, values } = parse(args, names);
	const data = resourcesOf(values);
	checkTools(platform, env);
	const folder = mkdtempSync(join(tmpdir(), "thimble-firmware-"));
	try {
		// The name of the folder is that of the firmware.
		const project = join(folder, "thimble");
		mkdirSync(project);
		for (const [name, bytes] of data) writeFileSync(join(project, name), bytes, { mode: 0o600 });
		const manifest = {
			include: join(root, "manifest.json"),
			...(data.size > 0 && { data: { "*": [...data.keys()].map(name => `./${name.replace(/\.der$/, "")}`) } }),
		};
		writeFileSync(join(project, "manifest.json"), JSON.stringify(manifest));
		const settings = [...values].filter(([name]) => !isFile(name)).map(([name, value]) => `${name}=${value}`);
		say(`mcconfig for ${platform}, with ${[...values.keys()].join(", ") || "nothing but defaults"}`);
		return await run([...flags, "-m", "-p", platform, ...settings], { cwd: project, env, stdio });
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

interface Wanted {
	readonly platform: string;
	readonly flags: string[];
	readonly values: Map<string, string>;
}

function parse(args: readonly string[], names: readonly string[]): Wanted {
	const flags: string[] = [];
	const values = new Map<string, string>();
	let platform: string | undefined;
	for (let i = 0; i < args.length; i += 1) {
		const arg = args[i]!;
		const equals = arg.indexOf("=");
		if (arg === "-d" || arg === "-i") flags.push(arg);
		else if (arg === "-o") {
			i += 1;
			if (args[i] === undefined || !existsSync(args[i]!))
				throw new UsageError("firmware: -o wants a folder that is there");
			flags.push("-o", args[i]!);
		} else if (equals > 0) {
			const name = arg.slice(0, equals);
			if (!isFile(name) && !names.includes(name))
				throw new UsageError(`firmware: there is no "${name}"; expected ${[...FILES, ...names].join(", ")}`);
			values.set(name, arg.slice(equals + 1));
		} else if (platform === undefined && !arg.startsWith("-")) platform = platformOf(arg);
		else throw new UsageError("firmware: expected one platform, then name=value; see thimble firmware --help");
	}
	if (platform === undefined) throw new UsageError("firmware: for which platform? esp32, esp32s3, esp32c3 or lin");
	return { platform, flags, values };
}

function platformOf(name: string): string {
	if (Object.hasOwn(PLATFORMS, name)) return PLATFORMS[name]!;
	if (/^esp32\/\w+$/.test(name)) return name;
	throw new UsageError("firmware: expected esp32, esp32s3, esp32c3, esp32/TARGET or lin as platform");
}

function isFile(name: string): boolean {
	return (FILES as readonly string[]).includes(name);
}

/** Certificates and key as the board wants them, by the names of their resources. */
function resourcesOf(values: ReadonlyMap<string, string>): Map<string, Buffer> {
	const resources = new Map<string, Buffer>();
	const [cafile, cert, key] = FILES.map(name => values.get(name));
	const broker = values.get("broker");
	const wantsTls = broker !== undefined && isSecure(parseBrokers(broker));
	if (wantsTls && cafile === undefined) throw new UsageError("firmware: mqtts:// and wss:// need cafile=");
	if (!wantsTls && FILES.some(name => values.has(name)))
		throw new UsageError("firmware: cafile, cert and key are for TLS: give a broker with mqtts:// or wss://");
	if ((cert === undefined) !== (key === undefined)) throw new UsageError("firmware: cert= and key= need each other");
	if (cafile !== undefined) resources.set("ca.der", certificatesIn(cafile, "cafile"));
	if (cert !== undefined && key !== undefined) {
		resources.set("cert.der", certificatesIn(cert, "cert"));
		const secret = keyOf(textOf(key, "key"), key, "key");
		if (secret.asymmetricKeyType !== "rsa")
			throw new UsageError("key: the SDK signs with RSA alone: the board needs a key, and a certificate, of RSA");
		if (!certificateOf(textOf(cert, "cert"), cert, "cert").checkPrivateKey(secret))
			throw new UsageError(`key: ${key} is not the key of ${cert}`);
		resources.set("key.der", secret.export({ type: "pkcs8", format: "der" }));
	}
	return resources;
}

/** All in that file, in DER, one behind the other. */
function certificatesIn(path: string, name: string): Buffer {
	const text = textOf(path, name);
	const parts = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [text];
	return Buffer.concat(parts.map(part => certificateOf(part, path, name).raw));
}

/** One sentence says what is missing, and what to do. */
function checkTools(platform: string, env: NodeJS.ProcessEnv): void {
	const setup = "npx xs-dev setup installs it, or see https://github.com/Moddable-OpenSource/moddable";
	if (!env["MODDABLE"])
		throw new UsageError(`firmware: $MODDABLE is not set; it is the folder of the Moddable SDK: ${setup}`);
	if (!isOnPath("mcconfig", env))
		throw new UsageError(`firmware: there is no mcconfig on $PATH; build the SDK's tools: ${setup}`);
	if (platform.startsWith("esp32") && !env["IDF_PATH"])
		throw new UsageError(
			"firmware: $IDF_PATH is not set; it is the folder of ESP-IDF: npx xs-dev setup --device esp32 installs it",
		);
}

function isOnPath(name: string, env: NodeJS.ProcessEnv): boolean {
	return (env["PATH"] ?? "").split(delimiter).some(folder => {
		try {
			accessSync(join(folder, name), constants.X_OK);
			return folder !== "";
		} catch {
			return false;
		}
	});
}

function run(args: string[], options: SpawnOptions): Promise<number> {
	return new Promise((resolve, reject) => {
		const child = spawn("mcconfig", args, options);
		child.once("error", () => reject(new UsageError("firmware: mcconfig cannot be started")));
		child.once("close", code => resolve(code === 0 ? 0 : 1));
	});
}

/** Of the package; the sources and the built files lie at different depths. */
function rootOf(): string {
	const [root] = ["../../", "../../../"]
		.map(path => fileURLToPath(new URL(path, import.meta.url)))
		.filter(folder => existsSync(join(folder, "manifest.json")));
	if (root === undefined) throw new UsageError("firmware: the package has no manifest.json");
	return root;
}

/** With commas between them, in lines. */
function wrapped(names: readonly string[]): string[] {
	const lines = [""];
	for (const [i, name] of names.entries()) {
		const word = i < names.length - 1 ? `${name}, ` : name;
		if (lines.at(-1)!.length + word.length > WIDTH) lines.push("");
		lines[lines.length - 1] += word;
	}
	return lines.map(line => line.trimEnd());
}

function namesIn(root: string): string[] {
	return Object.keys(JSON.parse(readFileSync(join(root, "manifest.json"), "utf8")).config);
}
