// From a URL and the flags --cafile, --cert, --key and --insecure to what a client's bytes go over. The files are looked at
// before anybody connects, so that a wrong one gets a sentence, with its name and nothing of what is in it.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { SocketConstructor } from "../../firmware/io.js";
import { UsageError } from "../fleet/scenario.js";
import { TCP } from "../node/tcp.js";
import { type SecureOptions, secureSocket } from "../node/tls.js";
import { webSocket } from "../node/websocket.js";
import type { Destination } from "./endpoint.js";

/** What the command line gave, in the words of mosquitto's tools; absent where it did not. */
export interface SecureFlags {
	/** Files in PEM. */
	cafile?: string | undefined;
	cert?: string | undefined;
	key?: string | undefined;
	/** The broker's certificate may be for any name. */
	insecure?: boolean | undefined;
}

/** Throws UsageError. */
export function socketOf({ host, path, scheme }: Destination, flags: SecureFlags): SocketConstructor {
	const over = { host, ...(path !== undefined && { path }) };
	switch (scheme) {
		case "mqtts":
			return secureSocket(secureOf(host, flags));
		case "wss":
			return webSocket({ ...over, secure: secureOf(host, flags) });
	}
	refuseSecure(flags);
	return scheme === "ws" ? webSocket(over) : TCP;
}

/** The same for a destination over TLS; undefined for one without. Throws UsageError. */
export function secureOptionsOf({ host, scheme }: Destination, flags: SecureFlags): SecureOptions | undefined {
	if (scheme === "mqtts" || scheme === "wss") return secureOf(host, flags);
	refuseSecure(flags);
	return undefined;
}

/** Whoever asks for TLS must not get anything else. Throws UsageError. */
export function refuseSecure(flags: SecureFlags): void {
	for (const name of ["cafile", "cert", "key", "insecure"] as const)
		if (flags[name] !== undefined && flags[name] !== false)
			throw new UsageError(`--${name} is for TLS: give a URL with mqtts:// or wss://`);
}

function secureOf(serverName: string, { cafile, cert, insecure, key }: SecureFlags): SecureOptions {
	if (cert !== undefined && key === undefined) throw new UsageError("--cert needs --key");
	if (key !== undefined && cert === undefined) throw new UsageError("--key needs --cert");
	const ca = cafile === undefined ? undefined : textOf(cafile, "--cafile");
	if (ca !== undefined) certificateOf(ca, cafile!, "--cafile");
	if (cert === undefined || key === undefined)
		return { serverName, ...(ca !== undefined && { ca }), anyName: insecure === true };
	const own = textOf(cert, "--cert");
	const secret = textOf(key, "--key");
	if (!certificateOf(own, cert, "--cert").checkPrivateKey(keyOf(secret, key, "--key")))
		throw new UsageError(`--key: ${key} is not the key of ${cert}`);
	return { serverName, ...(ca !== undefined && { ca }), anyName: insecure === true, cert: own, key: secret };
}

export function textOf(path: string, flag: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const why = code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`;
		throw new UsageError(`${flag}: ${path}: ${why}`);
	}
}

/** The first of them. */
export function certificateOf(text: string, path: string, flag: string): X509Certificate {
	try {
		return new X509Certificate(text);
	} catch {
		throw new UsageError(`${flag}: ${path} has no certificate in PEM`);
	}
}

export function keyOf(text: string, path: string, flag: string): KeyObject {
	try {
		return createPrivateKey(text);
	} catch {
		throw new UsageError(`${flag}: ${path} has no key in PEM, or one with a passphrase`);
	}
}
