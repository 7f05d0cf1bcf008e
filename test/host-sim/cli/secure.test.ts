// The flags for TLS, with real files, and the programs that have them against brokers with TLS.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { refuseSecure, type SecureFlags, socketOf } from "../../../host-sim/cli/secure.js";
import { UsageError } from "../../../host-sim/fleet/scenario.js";
import { Broker, type Listener, type ListenOptions, listen } from "../../../host-sim/testing.js";
import { Certificates } from "../../support/certificates.js";
import { thimble } from "../../support/command.js";
import { until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";

const listeners: Listener[] = [];
afterEach(async () => {
	for (const listener of listeners.splice(0)) await listener.close();
});

it("flags for TLS without TLS are refused, whichever it is", () => {
	expect(() => refuseSecure({ insecure: false, cafile: undefined })).not.toThrow();
	for (const flags of [{ cafile: "f" }, { cert: "f" }, { key: "f" }, { insecure: true }] as SecureFlags[])
		for (const scheme of [{}, { scheme: "ws", path: "/mqtt" }] as const) {
			const message = `--${Object.keys(flags)[0]} is for TLS: give a URL with mqtts:// or wss://`;
			expect(() => socketOf({ host: "h", port: 1, ...scheme }, flags)).toThrow(new UsageError(message));
		}
});

describeWith(["openssl"], "files for TLS", () => {
	let certificates: Certificates;
	beforeAll(() => {
		certificates = new Certificates();
	});
	afterAll(() => certificates.close());

	/** What is wrong with these flags. */
	function refusalOf(flags: SecureFlags): string {
		try {
			socketOf({ host: "localhost", port: 8883, scheme: "mqtts" }, flags);
		} catch (error) {
			expect(error).toBeInstanceOf(UsageError);
			return (error as Error).message;
		}
		return "";
	}

	it("that are what they should be are taken", () => {
		const { ca, client } = certificates;
		expect(refusalOf({})).toBe("");
		expect(refusalOf({ cafile: ca.certFile, cert: client.certFile, key: client.keyFile, insecure: true })).toBe("");
	});

	it("that are not get a sentence each, which holds nothing of what is in them", () => {
		const { ca, client, otherClient } = certificates;
		const nonsense = certificates.file("nonsense", "s3cret");
		const nowhere = `${certificates.folder}/nowhere`;
		expect(refusalOf({ cafile: nowhere })).toBe(`--cafile: ${nowhere}: there is no such file`);
		expect(refusalOf({ cafile: certificates.folder })).toBe(
			`--cafile: ${certificates.folder}: cannot be read (EISDIR)`,
		);
		expect(refusalOf({ cafile: nonsense })).toBe(`--cafile: ${nonsense} has no certificate in PEM`);
		expect(refusalOf({ cert: ca.certFile })).toBe("--cert needs --key");
		expect(refusalOf({ key: ca.keyFile })).toBe("--key needs --cert");
		const { certFile, keyFile } = client;
		expect(refusalOf({ cert: keyFile, key: keyFile })).toBe(`--cert: ${keyFile} has no certificate in PEM`);
		expect(refusalOf({ cert: certFile, key: nonsense })).toBe(
			`--key: ${nonsense} has no key in PEM, or one with a passphrase`,
		);
		expect(refusalOf({ cert: certFile, key: otherClient.keyFile })).toBe(
			`--key: ${otherClient.keyFile} is not the key of ${certFile}`,
		);
	});

	async function brokerOf(identity: "broker" | "elsewhere" | "unknown", options: ListenOptions = {}) {
		const published: string[] = [];
		const { cert, key } = certificates[identity];
		const tls = { cert, key, ...(options.tls !== undefined && { requestCert: true, ca: certificates.ca.cert }) };
		const broker = new Broker({ on: { published: ({ topic }) => published.push(topic) } });
		const listener = await listen(broker, 0, "127.0.0.1", { ...options, tls });
		listeners.push(listener);
		return { port: String(listener.port), published };
	}

	it("thimble pub and sub: by host and --cafile, by mqtts:// and by wss://", async () => {
		const { ca } = certificates;
		const { port, published } = await brokerOf("broker");
		const sub = thimble(["sub", "-p", port, "--cafile", ca.certFile, "-t", "#", "-C", "1"]);
		const args = ["pub", `mqtts://localhost:${port}/a/b`, "-m", "hello", "-q", "1", "-r", "--cafile", ca.certFile];
		const pub = thimble(args);
		expect([await pub.code, pub.err()]).toEqual([0, ""]);
		expect([await sub.code, String(sub.out())]).toEqual([0, "hello\n"]);
		const other = await brokerOf("broker", { webSocket: true });
		const over = thimble(["pub", `wss://localhost:${other.port}`, "-t", "c", "-n", "-q", "1", "--cafile", ca.certFile]);
		expect([await over.code, over.err()]).toEqual([0, ""]);
		expect([published, other.published]).toEqual([["a/b"], ["c"]]);
	});

	it("thimble pub says why not, with 1, and nothing is published; --insecure is for the name only", async () => {
		const { ca } = certificates;
		const elsewhere = await brokerOf("elsewhere");
		const unknown = await brokerOf("unknown");
		const pub = (port: string, ...more: string[]) =>
			thimble(["pub", "-p", port, "-t", "a", "-m", "x", "-q", "1", "--cafile", ca.certFile, ...more]);
		const named = pub(elsewhere.port);
		const why = (port: string, text: string) => `thimble: cannot connect to mqtts://localhost:${port}: ${text}\n`;
		expect([await named.code, named.err()]).toEqual([
			1,
			why(elsewhere.port, "the broker's certificate is for another name"),
		]);
		expect(elsewhere.published).toEqual([]);
		expect(await pub(elsewhere.port, "--insecure").code).toBe(0);
		expect(elsewhere.published).toEqual(["a"]);
		const signed = pub(unknown.port, "--insecure");
		expect([await signed.code, signed.err()]).toEqual([
			1,
			why(unknown.port, "the broker's certificate is signed by nobody that we trust"),
		]);
		expect(unknown.published).toEqual([]);
	});

	describe("thimble run", () => {
		it("has boards with certificates of their own at a broker that wants them", async () => {
			const { ca, client } = certificates;
			const { port, published } = await brokerOf("broker", { tls: { cert: "", key: "" } });
			const url = `mqtts://localhost:${port}`;
			const files = ["--cafile", ca.certFile, "--cert", client.certFile, "--key", client.keyFile];
			const run = thimble(["run", "--broker", url, ...files, "--duration", "1s", "--interval", "100ms", "--json"]);
			expect([await run.code, run.err()]).toEqual([0, ""]);
			await until("readings", () => published.filter(topic => topic.endsWith("/telemetry")).length > 5);
			expect(JSON.parse(String(run.out()).split("\n")[0]!)).toMatchObject({ event: "broker", url, embedded: false });
			const without = thimble(["run", "--broker", url, "--cafile", ca.certFile, "--duration", "1s", "--json"]);
			expect(await without.code).toBe(1);
			expect(without.err()).toBe(
				"thimble: no board ever came online: the broker wants a certificate of ours, or does not accept the one it got\n",
			);
		});

		it("refuses flags for TLS where there is none", async () => {
			for (const args of [
				["--cafile", "f"],
				["--insecure", "--speed", "max"],
			]) {
				const run = thimble(["run", ...args]);
				expect(await run.code).toBe(2);
				expect(run.err()).toBe(`thimble: ${args[0]} is for TLS: give a URL with mqtts:// or wss://\n`);
			}
			const engine = thimble(["run", "--engine", "xs", "--broker", "mqtts://h"]);
			expect(await engine.code).toBe(2);
		});
	});
});
