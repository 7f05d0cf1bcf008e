// thimble update: signs new firmware, offers it to boards over a broker, gives them the pieces that they ask for, and tells what has
// become of it. Without a file it makes the key that signs.

import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { isDevice, type Offer, signedText, toHex } from "../../firmware/device/offer.js";
import { isVersion } from "../../firmware/device/version.js";
import { UNSPECIFIED_ERROR } from "../../firmware/mqtt/reason.js";
import { utf8Bytes } from "../../firmware/mqtt/wire.js";
import { parseDuration, UsageError } from "../fleet/scenario.js";
import { nodeClock, nodeRandom } from "../node/clock.js";
import { NodeResolver } from "../node/resolver.js";
import { newKey, nodeVerifier, Signer } from "../node/signature.js";
import { NodeTimer } from "../node/timer.js";
import { plain } from "../sentence.js";
import { type Delivery, Depot } from "../update/depot.js";
import { describeEndpoint, parseEndpoint } from "./endpoint.js";
import { Errand, FAILED, FINE, watchProcess } from "./errand.js";
import { LIMITS } from "./link.js";
import { socketOf } from "./secure.js";

/** What the command line gave; absent where it did not. */
export interface UpdateFlags {
	broker?: unknown;
	device?: unknown;
	/** The version of the firmware; --version is that of this program. */
	release?: unknown;
	key?: unknown;
	kind?: unknown;
	downgrade?: unknown;
	newKey?: unknown;
	ed25519?: unknown;
	timeout?: unknown;
	protocol?: unknown;
	cafile?: unknown;
	cert?: unknown;
	certKey?: unknown;
	insecure?: unknown;
	json?: unknown;
}

/** As many as the client has topics for. */
const MOST_BOARDS = 64;
const DRAW_MS = 250;
const BAR_CHARACTERS = 24;

const WORDS: Readonly<Record<string, string>> = {
	malformed: "it cannot read the offer",
	"no-key": "it has no public key",
	"no-verifier": "it cannot verify signatures of such keys",
	"no-slot": "it has no second slot for firmware",
	"no-rollback": "it has no way back from firmware that does not work",
	"no-restart": "it cannot restart by itself",
	device: "the firmware is for another kind of board",
	signature: "the signature is not of the key that it trusts",
	downgrade: "it runs a newer version; see --downgrade",
	size: "too large for its slot",
	flash: "its flash has failed",
	hash: "what has arrived is not what was signed",
	image: "it is no firmware for its chip",
	starts: "the new firmware was started too often without coming online",
	offline: "the new firmware did not come online in time",
	version: "the new firmware says that it is another version",
};

/** Returns the exit code; throws UsageError. */
export async function update(file: string | undefined, flags: UpdateFlags): Promise<number> {
	if (flags.newKey !== undefined) return makeKey(file, flags);
	if (flags.ed25519 === true) throw new UsageError("--ed25519 goes with --new-key");
	if (file === undefined) throw new UsageError("which firmware? Give a file, or --new-key");
	const boards = boardsOf(textOf("device", flags.device));
	const image = imageOf(file);
	const offer = offerOf(image, flags);
	const endpoint = parseEndpoint(textOf("broker", flags.broker) ?? "mqtt://localhost");
	const json = flags.json === true;
	const screen = json ? jsonScreen(image.length) : process.stdout.isTTY ? barScreen(image.length) : lineScreen();
	const say = (text: string) => console.error(`thimble: ${plain(text)}`);
	const { host, password, port, userName } = endpoint;
	const finish = () => {
		if (depot.isDone && errand.client.unsettled === 0) errand.end(exitCode(depot.deliveries));
	};
	const timeoutMs = timeoutOf(flags);
	const errand: Errand = new Errand({
		client: {
			host,
			port,
			protocolVersion: versionOf(flags),
			clientId: `thimble-update-${randomBytes(6).toString("hex")}`,
			...(userName !== undefined && { userName }),
			...(password !== undefined && { password }),
			socket: {
				io: socketOf(endpoint, {
					cafile: textOf("cafile", flags.cafile),
					cert: textOf("cert", flags.cert),
					key: textOf("cert-key", flags.certKey),
					insecure: flags.insecure === true,
				}),
			},
			resolver: { io: NodeResolver },
			timer: { io: NodeTimer },
			clock: nodeClock,
			random: nodeRandom,
			limits: LIMITS,
			// An offer may come twice.
			onSessionLost: "republish",
			onPublishEnd: finish,
			onSubscribed: (_, code) => {
				if (code < UNSPECIFIED_ERROR) return;
				say(`the broker does not let us hear what boards say: ${errand.explain(code)}`);
				errand.end(FAILED);
			},
		},
		url: describeEndpoint(endpoint),
		waitMs: timeoutMs,
		tell: say,
	});
	const depot: Depot = new Depot({
		client: errand.client,
		image,
		offer,
		changed(delivery) {
			screen.show(delivery, depot.deliveries);
			finish();
		},
	});
	for (const id of boards) {
		const added = depot.add(id);
		if (typeof added === "number") throw new UsageError(`--device: ${errand.explain(-added)}`);
	}
	watchProcess(errand);
	errand.start();
	const code = await errand.done;
	screen.close(depot.deliveries, offer);
	return code;
}

function makeKey(file: string | undefined, flags: UpdateFlags): number {
	if (file !== undefined) throw new UsageError("--new-key takes no firmware");
	const path = textOf("new-key", flags.newKey)!;
	const pem = newKey(flags.ed25519 === true ? "ed25519" : "p256");
	try {
		// Never over a key that is in use.
		writeFileSync(path, pem, { mode: 0o600, flag: "wx" });
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new UsageError(`--new-key: ${path}: ${code === "EEXIST" ? "there is such a file already" : `${code}`}`);
	}
	const publicKey = toHex(new Signer(pem).publicKey);
	process.stdout.write(
		flags.json === true ? `${JSON.stringify({ event: "key", file: path, publicKey })}\n` : `updateKey=${publicKey}\n`,
	);
	return FINE;
}

function offerOf(image: Uint8Array, flags: UpdateFlags): Offer {
	const version = textOf("release", flags.release);
	if (version === undefined) throw new UsageError("which version is it? Give --release, such as 1.2.0");
	if (!isVersion(version)) throw new UsageError(`--release: expected one such as 1.2.0 or 1.2.0-rc.1, got ${version}`);
	const device = textOf("kind", flags.kind) ?? "thimble";
	if (!isDevice(device)) throw new UsageError("--kind: expected 1 to 32 letters, digits, - and _");
	const signer = signerOf(textOf("key", flags.key));
	const hash = nodeVerifier.hash();
	hash.write(image);
	const what = {
		device,
		version,
		size: image.length,
		sha256: toHex(hash.close()),
		// Another number each time: so that boards which have given it up try it again.
		issue: Math.floor(Date.now() / 1000),
		downgrade: flags.downgrade === true,
	};
	return { ...what, signature: toHex(signer.sign(utf8Bytes(signedText(what)))) };
}

/** What the file has is never told. */
function signerOf(path: string | undefined): Signer {
	if (path === undefined) throw new UsageError("who signs it? Give --key, which --new-key makes");
	const pem = fileOf(path, "--key").toString("utf8");
	try {
		return new Signer(pem);
	} catch {
		throw new UsageError(`--key: ${path} has no private key of P-256 or Ed25519 in PEM, or one with a passphrase`);
	}
}

function imageOf(path: string): Uint8Array {
	const image = fileOf(path, "firmware");
	if (image.length === 0) throw new UsageError(`firmware: ${path} is empty`);
	return image;
}

function fileOf(path: string, what: string): Buffer {
	try {
		return readFileSync(path);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new UsageError(
			`${what}: ${path}: ${code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`}`,
		);
	}
}

function boardsOf(text: string | undefined): string[] {
	if (text === undefined) throw new UsageError("which boards? Give --device ID, or several with commas between them");
	const ids = [...new Set(text.split(","))];
	for (const id of ids)
		if (!/^[\w-]{1,64}$/.test(id))
			throw new UsageError(`--device: expected ids of 1 to 64 letters, digits, - and _, got "${id.slice(0, 70)}"`);
	if (ids.length > MOST_BOARDS) throw new UsageError(`--device: at most ${MOST_BOARDS} boards at a time`);
	return ids;
}

function versionOf({ protocol = "3.1.1" }: UpdateFlags): 4 | 5 {
	const text = String(protocol);
	if (text === "5" || text === "5.0") return 5;
	if (text === "3.1.1" || text === "4") return 4;
	throw new UsageError(`--protocol: expected 3.1.1 or 5, got ${text}`);
}

function timeoutOf({ timeout }: UpdateFlags): number | undefined {
	if (timeout === undefined) return undefined;
	const milliseconds = parseDuration(String(timeout));
	if (milliseconds === undefined || milliseconds <= 0)
		throw new UsageError(`--timeout: expected a time such as 90s or 15m, got ${timeout}`);
	return milliseconds;
}

/** A flag as it was written: the parser has made numbers of what looks like one, and a board may be called 007. */
function textOf(name: string, value: unknown): string | undefined {
	if (value === undefined) return undefined;
	if (Array.isArray(value)) throw new UsageError(`--${name} is given twice`);
	if (typeof value !== "number") return String(value);
	const { argv } = process;
	const at = argv.indexOf(`--${name}`);
	if (at >= 0 && at + 1 < argv.length) return argv[at + 1]!;
	return argv.find(word => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? String(value);
}

function exitCode(deliveries: readonly Delivery[]): number {
	return deliveries.every(({ state }) => state === "confirmed" || state === "up-to-date") ? FINE : FAILED;
}

interface UpdateScreen {
	show(delivery: Delivery, all: readonly Delivery[]): void;
	close(all: readonly Delivery[], offer: Offer): void;
}

/** One object for each change, and one in the end. */
function jsonScreen(size: number): UpdateScreen {
	const print = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`);
	return {
		show: ({ deviceId, ...rest }) => print({ event: "board", device: deviceId, size, ...rest }),
		close(all, { issue, version }) {
			const count = (wanted: string) => all.filter(({ state }) => state === wanted).length;
			const [confirmed, upToDate] = [count("confirmed"), count("up-to-date")];
			const [refused, rolledBack] = [count("refused"), count("rolled-back")];
			const unfinished = all.length - confirmed - upToDate - refused - rolledBack;
			print({ event: "summary", version, issue, size, confirmed, upToDate, refused, rolledBack, unfinished });
		},
	};
}

/** A line for each thing worth knowing. */
function lineScreen(): UpdateScreen {
	const told = new Map<string, string>();
	return {
		show(delivery) {
			const { deviceId, state } = delivery;
			if (told.get(deviceId) === state) return;
			told.set(deviceId, state);
			process.stdout.write(`${plain(`${deviceId}  ${textOfState(delivery)}`)}\n`);
		},
		close(all) {
			for (const { deviceId, state } of all)
				if (!told.has(deviceId)) process.stdout.write(`${plain(`${deviceId}  ${state}`)}\n`);
		},
	};
}

/** A bar for each board, drawn over itself. */
function barScreen(size: number): UpdateScreen {
	const out = process.stdout;
	let drawn = 0;
	let drawnAt = 0;
	const draw = (all: readonly Delivery[]) => {
		const width = Math.max(...all.map(({ deviceId }) => deviceId.length));
		const most = Math.max(1, (out.rows ?? 24) - 2);
		const lines = all.slice(0, most).map(delivery => {
			const part = delivery.state === "waiting" || delivery.state === "receiving" ? delivery.at / size : 1;
			const bar = "#".repeat(Math.round(part * BAR_CHARACTERS)).padEnd(BAR_CHARACTERS, ".");
			const text = `${delivery.deviceId.padEnd(width)}  ${bar} ${String(Math.floor(part * 100)).padStart(3)} %  ${textOfState(delivery)}`;
			return plain(text).slice(0, out.columns ?? 80);
		});
		out.write(`${drawn > 0 ? `\x1b[${drawn}A` : ""}${lines.map(line => `\x1b[2K${line}\n`).join("")}`);
		drawn = lines.length;
		drawnAt = performance.now();
	};
	return {
		show(_, all) {
			if (performance.now() - drawnAt >= DRAW_MS) draw(all);
		},
		close: all => draw(all),
	};
}

function textOfState({ reason, running, state }: Delivery): string {
	const why = reason === undefined ? "" : `: ${WORDS[reason] ?? reason}`;
	return `${state}${why}${running === undefined ? "" : ` (runs ${running})`}`;
}
