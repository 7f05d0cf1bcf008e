// Who somebody is by the certificate that it has shown. That it holds, and who has signed it, has been seen to by TLS.

import type { Entry } from "../broker/guard.js";
import type { Certificate } from "../transport.js";

/** Where in a certificate the name is. */
export type Naming = "commonName" | "hostName";

/** Undefined where it has no name there, or more than one, or is over. */
export function entryOf(certificate: Certificate | undefined, naming: Naming, now = Date.now()): Entry | undefined {
	const name = certificate?.[naming];
	if (certificate === undefined || name === undefined || name === "") return undefined;
	// TLS has looked at the dates once; a connection may stand for weeks.
	const lastsMs = certificate.validTo - now;
	return lastsMs > 0 ? { owner: { kind: "certificate", name }, lastsMs } : undefined;
}
