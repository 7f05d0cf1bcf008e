// A broker with the security that we recommend, embedded or mosquitto, from the very files that come with us: certificates, users and rules
// in a folder of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { Authority, daysFrom, type Identity } from "../../host-sim/security/authority.js";
import { readConfiguration } from "../../host-sim/security/configuration.js";
import { hashOf } from "../../host-sim/security/password.js";
import { Service, type Told } from "../../host-sim/security/service.js";
import { withUser } from "../../host-sim/security/users.js";
import { answers, freePort, sleep } from "./mosquitto.js";
import { find } from "./need.js";

export const PASSWORD = "kettle-orbit-mosaic";
const SECRET = "a secret of more than thirty-two bytes, for tokens";
const DAY_MS = 86_400_000;
const SECURITY = "host-sim/security";

/** What every site has to show: certificates for server and clients, also those that must not pass. */
export class Papers {
	readonly folder = mkdtempSync(join(tmpdir(), "thimble-site-"));
	readonly ca: string;
	readonly clients: Readonly<Record<"board-1" | "expired" | "foreign", Identity>>;

	private constructor(ca: string, clients: Papers["clients"]) {
		this.ca = ca;
		this.clients = clients;
	}

	/** `names` are users beside board-1, board-2 and ops. */
	static async make(names: readonly string[] = []): Promise<Papers> {
		const [ours, others] = [await Authority.make(), await Authority.make()];
		const now = Date.now();
		const term = daysFrom(now, 10);
		const past = { from: now - 20 * DAY_MS, to: now - 10 * DAY_MS };
		const papers = new Papers(ours.identity.cert, {
			"board-1": await ours.issue({ client: "board-1" }, term),
			expired: await ours.issue({ client: "board-1" }, past),
			foreign: await others.issue({ client: "board-1" }, term),
		});
		const server = await ours.issue({ server: ["localhost", "127.0.0.1"] }, term);
		papers.put("ca.pem", ours.identity.cert);
		papers.put("server.pem", server.cert);
		papers.put("server.key", server.key);
		let users = "";
		for (const name of ["board-1", "board-2", "ops", ...names])
			users = withUser(users, name, await hashOf(PASSWORD, "mosquitto"));
		papers.put("users", users);
		papers.put("secret", SECRET);
		return papers;
	}

	put(name: string, text: string): string {
		const path = join(this.folder, name);
		writeFileSync(path, text, { mode: 0o600 });
		return path;
	}

	/** A token as it should be, but for what is given. */
	token(subject: string, { secret = SECRET, lastsS = 60, audience = "boards" } = {}): Promise<string> {
		const end = Math.floor(Date.now() / 1000) + lastsS;
		const signed = new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setSubject(subject).setAudience(audience);
		return signed.setExpirationTime(end).sign(new TextEncoder().encode(secret));
	}

	close(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}

export interface Site {
	readonly name: "embedded" | "mosquitto";
	/** For passwords over TLS, for WebSocket, and for certificates. */
	readonly ports: readonly [number, number, number];
	/** What the embedded broker has told. */
	readonly told: readonly Told[];
	readonly service?: Service;
	close(): Promise<void>;
}

/** The embedded broker with our configuration, tokens, and these limits. */
export async function embeddedSite(papers: Papers, limits: object = {}): Promise<Site> {
	const text = readFileSync(`${SECURITY}/broker.json`, "utf8");
	const { listeners, ...rest } = JSON.parse(text) as { listeners: object[] };
	const path = papers.put(
		"broker.json",
		JSON.stringify({
			...rest,
			listeners: listeners.map(listener => ({ ...listener, port: 0, host: "127.0.0.1" })),
			token: { secret: "secret", audience: "boards" },
			limits: { failedLogins: 1000, ...limits },
		}),
	);
	const told: Told[] = [];
	const tell = (event: Told) => void told.push(event);
	const service = await Service.open({ configuration: readConfiguration(path), version: "test", tell });
	const [passwords, webSocket, certificates] = service.ports;
	return {
		name: "embedded",
		ports: [passwords!, webSocket!, certificates!],
		told,
		service,
		close: () => service.close(),
	};
}

/** mosquitto with our files; only its ports and its user are another's. */
export async function mosquittoSite(papers: Papers): Promise<Site> {
	const ports = [await freePort(), await freePort(), await freePort()] as const;
	const config = readFileSync(`${SECURITY}/mosquitto/mosquitto.conf`, "utf8");
	const moved = config.replaceAll(
		/^listener 888([345])$/gm,
		(_all, digit) => `listener ${ports[Number(digit) - 3]} 127.0.0.1`,
	);
	const root = process.getuid?.() === 0 ? "user root\n" : "";
	papers.put("mosquitto.conf", root + moved);
	cpSync(`${SECURITY}/mosquitto/acl`, join(papers.folder, "acl"));
	const child: ChildProcess = spawn(find("mosquitto")!, ["-c", "mosquitto.conf"], {
		cwd: papers.folder,
		stdio: "ignore",
	});
	for (let i = 0; i < 200 && !(await answers(ports[0])); i += 1) await sleep(25);
	return {
		name: "mosquitto",
		ports,
		told: [],
		close: () =>
			new Promise(resolve => {
				child.once("exit", () => resolve());
				child.kill("SIGTERM");
			}),
	};
}
