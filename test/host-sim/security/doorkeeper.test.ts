import { SignJWT } from "jose";
import type { IConnectPacket } from "mqtt-packet";
import { beforeAll, describe, expect, it } from "vitest";
import type { Refusal } from "../../../host-sim/broker/reason.js";
import { Access } from "../../../host-sim/security/access.js";
import { type Configuration, withoutFile } from "../../../host-sim/security/configuration.js";
import { Doorkeeper } from "../../../host-sim/security/doorkeeper.js";
import { hashOf } from "../../../host-sim/security/password.js";
import { Tokens } from "../../../host-sim/security/token.js";
import { Users } from "../../../host-sim/security/users.js";
import type { Transport } from "../../../host-sim/transport.js";
import { connectPacket } from "../../support/knock.js";

const SECRET = Buffer.from("a secret of more than thirty-two bytes");
let users: Users;
beforeAll(async () => {
	users = new Users(`ann:${await hashOf("password of ann", "scrypt")}\n`);
});

const ENTRANCE = { port: 1, host: "127.0.0.1", webSocket: false, anonymous: false };

/** What a CONNECT comes to: who it is, or the reason against it. */
function keeperOf(configuration: Partial<Configuration>, entrance: object = {}) {
	let now = 0;
	let clients = 0;
	const denied: string[] = [];
	const keeper = new Doorkeeper({
		configuration: { ...withoutFile(1), ...configuration },
		clients: () => clients,
		now: () => now,
		denied: (_client, action, topic) => void denied.push(`${action} ${topic}`),
	});
	const ask = async (options: Partial<IConnectPacket> = {}, more: Partial<Transport> = {}) => {
		const transport = {
			peer: "10.0.0.1:1234",
			write: () => {},
			close: () => {},
			entrance: { ...ENTRANCE, ...entrance },
			...more,
		};
		try {
			const { owner } = await keeper.authenticate(connectPacket(5, "a", options), transport);
			return `${owner.kind} ${owner.name}`.trim();
		} catch (error) {
			return (error as Refusal).reason.toString(16);
		}
	};
	return {
		keeper,
		ask,
		denied,
		wait: (ms: number) => {
			now += ms;
		},
		come: (count: number) => {
			clients = count;
		},
	};
}

const secret = (text: string) => ({ password: Buffer.from(text) });
const token = (sub: string) =>
	new SignJWT({ sub }).setProtectedHeader({ alg: "HS256" }).setExpirationTime("1m").sign(SECRET);

describe("who is at the door", () => {
	it("is nobody in particular where everybody may in, whatever it calls itself", async () => {
		const { ask } = keeperOf({}, { anonymous: true });
		expect(await ask()).toBe("anonymous");
		expect(await ask({ username: "admin", ...secret("x") })).toBe("anonymous");
		expect(await keeperOf({}).ask()).toBe("87");
	});

	it("is a user with its password; who may come without one must not come with a wrong one", async () => {
		const { ask } = keeperOf({ users }, { anonymous: true });
		expect(await ask({ username: "ann", ...secret("password of ann") })).toBe("user ann");
		expect(await ask({ username: "ann", ...secret("password of bob") })).toBe("86");
		expect(await ask({ username: "ann" })).toBe("86");
		expect(await ask(secret("password of ann"))).toBe("86");
		expect(await ask()).toBe("anonymous");
	});

	it("is whom a token names: a user, or a client", async () => {
		const named = keeperOf({ users, tokens: new Tokens({ secret: SECRET }) });
		expect(await named.ask({ username: "bob", ...secret(await token("bob")) })).toBe("user bob");
		expect(await named.ask(secret(await token("bob")))).toBe("user bob");
		expect(await named.ask({ username: "ann", ...secret(await token("bob")) })).toBe("86");
		expect(await named.ask({ username: "ann", ...secret("password of ann") })).toBe("user ann");
		const called = keeperOf({ tokens: new Tokens({ secret: SECRET, subject: "clientId" }) });
		expect(await called.ask({ clientId: "b-1", username: "x", ...secret(await token("b-1")) })).toBe("client b-1");
		expect(await called.ask({ clientId: "b-2", username: "x", ...secret(await token("b-1")) })).toBe("86");
	});

	it("is whom a certificate names, and nobody by a password there", async () => {
		const { ask } = keeperOf({ users }, { naming: "commonName" });
		const certificate = { commonName: "board-1", hostName: undefined, validTo: Date.now() + 10_000 };
		expect(await ask({ username: "ann" }, { certificate })).toBe("certificate board-1");
		expect(await ask({ username: "ann", ...secret("password of ann") })).toBe("87");
	});

	it("waits after failures, but not whoever was right there before", async () => {
		const limits = { ...withoutFile(1).limits, failedLogins: 2 };
		const { ask, wait } = keeperOf({ users, limits });
		const good = { username: "ann", ...secret("password of ann") };
		expect(await ask({ username: "eve", ...secret("1") })).toBe("86");
		expect(await ask({ username: "eve", ...secret("2") })).toBe("86");
		expect(await ask({ username: "eve", ...secret("3") })).toBe("89");
		expect(await ask(good)).toBe("89");
		expect(await ask(good, { peer: "10.0.0.2:1" })).toBe("user ann");
		wait(1000);
		expect(await ask(good)).toBe("user ann");
		expect(await ask({ username: "eve", ...secret("4") })).toBe("86");
		expect(await ask(good)).toBe("user ann");
		expect(await ask({ username: "ann", ...secret("5") })).toBe("86");
		expect(await ask(good)).toBe("89");
	});

	it("is told that there are too many, and that its client id is none", async () => {
		const limits = { ...withoutFile(1).limits, connections: 2 };
		const { ask, come } = keeperOf({ limits }, { anonymous: true });
		expect(await ask({ clientId: "x".repeat(257) })).toBe("85");
		expect(await ask({ clientId: "a\nb" })).toBe("85");
		come(2);
		expect(await ask()).toBe("89");
	});

	it("is called as its user where that is asked for", async () => {
		const { ask } = keeperOf({ users, clientIds: "userName" });
		const good = { username: "ann", ...secret("password of ann") };
		for (const clientId of ["ann", "ann/2", ""]) expect(await ask({ ...good, clientId })).toBe("user ann");
		for (const clientId of ["bob", "anna", "ann2"]) expect(await ask({ ...good, clientId })).toBe("85");
	});
});

it("what is not allowed is refused with 0x87, and told", () => {
	const access = new Access([{ publish: ["a"], subscribe: [] }]);
	const { denied, keeper } = keeperOf({ access });
	expect(keeper.authorize({ clientId: "x" }, "publish", "a")).toBeUndefined();
	expect(keeper.authorize({ clientId: "x" }, "subscribe", "a")).toBe(0x87);
	expect(denied).toEqual(["subscribe a"]);
});
