import { describe, expect, it } from "vitest";
import { Gate, inUrl, isLoopback } from "../../../host-sim/desk/gate.js";

const PORT = 8080;

describe("on loopback", () => {
	it.each([
		["localhost:8080", undefined, true],
		["127.0.0.1:8080", undefined, true],
		["[::1]:8080", undefined, true],
		["LOCALHOST:8080", undefined, true],
		// No browser, and no page of our own.
		["127.0.0.1:8080", "http://127.0.0.1:8080", true],
		["localhost:8080", "http://localhost:8080", true],
		["localhost:8080", "http://evil.example", false],
		["localhost:8080", "http://localhost:8081", false],
		["localhost:8080", "http://127.0.0.1:8080", false],
		["localhost:8080", "null", false],
		["localhost:8080", "file://", false],
		["localhost:8080", "http://localhost:8080@evil.example", false],
		// A name that somebody has pointed at this machine.
		["evil.example:8080", undefined, false],
		["evil.example:8080", "http://evil.example:8080", false],
		["localhost.evil.example:8080", undefined, false],
		["localhost", undefined, false],
		["localhost:80800", undefined, false],
		["127.0.0.1:8081", undefined, false],
		["", undefined, false],
		[undefined, undefined, false],
	])("a WebSocket for %j from %j: %j", (host, origin, isIn) => {
		const rejection = new Gate("127.0.0.1").reject({ headers: { host, origin }, url: "/desk", isSocket: true }, PORT);
		expect(rejection?.status).toBe(isIn ? undefined : 403);
		if (!isIn) expect(rejection?.sentence).toMatch(/^\w[^\n]+$/);
	});

	it("files are for the names of this machine alone, and asking for them from elsewhere does no harm", () => {
		const gate = new Gate("127.0.0.1");
		const reject = (host: string, origin?: string) =>
			gate.reject({ headers: { host, origin }, url: "/", isSocket: false }, PORT);
		expect(reject("localhost:8080", "http://evil.example")).toBeUndefined();
		expect(reject("evil.example:8080")).toEqual({
			status: 403,
			sentence: "this server is for this machine alone: open http://127.0.0.1:8080/",
		});
	});

	it("asks for no token; on port 80 browsers leave the port out; and its own address is a name, too", () => {
		expect(new Gate("127.0.0.1").token).toBeUndefined();
		const isIn = (address: string, host: string, port: number) =>
			new Gate(address).reject({ headers: { host }, url: "/desk", isSocket: true }, port) === undefined;
		expect(isIn("127.0.0.1", "localhost", 80)).toBe(true);
		expect(isIn("127.0.0.5", "127.0.0.5:8080", PORT)).toBe(true);
		expect(isIn("127.0.0.5", "127.0.0.6:8080", PORT)).toBe(false);
		expect(isIn("::1", "[::1]:8080", PORT)).toBe(true);
	});
});

describe("elsewhere", () => {
	const gate = new Gate("0.0.0.0");
	const token = gate.token!;
	const status = (url: string, origin?: string, isSocket = true) =>
		gate.reject({ headers: { host: "box.lan:8080", origin }, url, isSocket }, PORT)?.status;

	it("asks each WebSocket for a token of 128 bits, another in each run", () => {
		expect(token).toMatch(/^[0-9a-f]{32}$/);
		expect(new Gate("0.0.0.0").token).not.toBe(token);
		expect(status(`/desk?token=${token}`)).toBeUndefined();
		expect(status(`/mqtt?stage=main&token=${token}`, "http://box.lan:8080")).toBeUndefined();
		expect(status(`/mqtt?token=${token}`, "https://box.lan:8080")).toBeUndefined();
	});

	it.each([
		"/desk",
		"/desk?token=",
		`/desk?token=${token.slice(1)}`,
		`/desk?token=${token}0`,
		`/desk?token=${"0".repeat(32)}`,
		`/desk?tokens=${token}`,
		`/desk#token=${token}`,
		`/desk?token=%E2%82%AC${token.slice(3)}`,
	])("%s does not do", url => {
		expect(status(url)).toBe(401);
	});

	it("another site's page does not come in with the token either; files are given to anybody", () => {
		expect(status(`/desk?token=${token}`, "http://evil.example")).toBe(403);
		expect(status("/", undefined, false)).toBeUndefined();
	});
});

it("knows the addresses that only this machine reaches, and writes them as URLs do", () => {
	expect(["127.0.0.1", "127.9.9.9", "::1", "localhost"].every(isLoopback)).toBe(true);
	expect(["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "1270.0.0.1"].some(isLoopback)).toBe(false);
	expect([inUrl("::1"), inUrl("10.0.0.1")]).toEqual(["[::1]", "10.0.0.1"]);
});
