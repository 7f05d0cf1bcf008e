// Certificates made by openssl, in a folder of their own: a CA with a broker's and a client's, those that must not pass, and
// a CA that nobody knows.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { find } from "./need.js";

interface Identity {
	/** Paths of PEM files. */
	readonly certFile: string;
	readonly keyFile: string;
	readonly cert: Buffer;
	readonly key: Buffer;
}

/** "YYYYMMDDHHMMSSZ", so many days from now. */
function day(days: number): string {
	const date = new Date(Date.now() + days * 86_400_000).toISOString();
	return date.replaceAll(/[-:T]|\.\d+/g, "");
}

export class Certificates {
	readonly folder = mkdtempSync(join(tmpdir(), "thimble-certificates-"));
	readonly ca = this.#authority("ca");
	readonly otherCa = this.#authority("other-ca");
	/** For localhost and 127.0.0.1. */
	readonly broker = this.#identity("broker", this.ca, "DNS:localhost,IP:127.0.0.1");
	/** For another name, and another address. */
	readonly elsewhere = this.#identity("elsewhere", this.ca, "DNS:elsewhere.example,IP:10.0.0.1");
	readonly expired = this.#identity("expired", this.ca, "DNS:localhost,IP:127.0.0.1", [-20, -10]);
	readonly early = this.#identity("early", this.ca, "DNS:localhost,IP:127.0.0.1", [10, 20]);
	readonly unknown = this.#identity("unknown", this.otherCa, "DNS:localhost,IP:127.0.0.1");
	readonly client = this.#identity("client", this.ca, "DNS:client");
	readonly otherClient = this.#identity("other-client", this.otherCa, "DNS:client");

	/** A file in the folder. */
	file(name: string, text: string | Buffer): string {
		const path = join(this.folder, name);
		writeFileSync(path, text);
		return path;
	}

	close(): void {
		rmSync(this.folder, { recursive: true });
	}

	#authority(name: string): Identity {
		const made = this.#files(name);
		const { certFile, keyFile } = made;
		const how = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30".split(" ");
		this.#openssl([...how, "-subj", `/CN=${name}`, "-keyout", keyFile, "-out", certFile]);
		return read(made);
	}

	#identity(name: string, authority: Identity, names: string, [from, to] = [-1, 30]): Identity {
		const made = this.#files(name);
		const { certFile, keyFile } = made;
		const request = this.file(`${name}.csr`, "");
		const how = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split(" ");
		this.#openssl([...how, "-subj", `/CN=${name}`, "-keyout", keyFile, "-out", request]);
		// `openssl x509` cannot make what has expired before it is made; `openssl ca` can, and wants a place for its books.
		const index = this.file(`${name}.index`, "");
		const config = this.file(
			`${name}.conf`,
			[
				"[ca]",
				"default_ca = books",
				"[books]",
				`database = ${index}`,
				`new_certs_dir = ${this.folder}`,
				"rand_serial = yes",
				"default_md = sha256",
				"policy = any",
				"x509_extensions = extensions",
				"[any]",
				"commonName = supplied",
				"[extensions]",
				`subjectAltName = ${names}`,
			].join("\n"),
		);
		const dates = ["-startdate", day(from!), "-enddate", day(to!)];
		const signer = ["-cert", authority.certFile, "-keyfile", authority.keyFile];
		this.#openssl([
			"ca",
			"-batch",
			"-notext",
			"-config",
			config,
			...signer,
			...dates,
			"-in",
			request,
			"-out",
			certFile,
		]);
		return read(made);
	}

	#files(name: string): { certFile: string; keyFile: string } {
		return { certFile: join(this.folder, `${name}.pem`), keyFile: join(this.folder, `${name}.key`) };
	}

	#openssl(args: readonly string[]): void {
		execFileSync(find("openssl")!, args, { stdio: "pipe" });
	}
}

function read(files: { certFile: string; keyFile: string }): Identity {
	return { ...files, cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) };
}
