// The page's files over real HTTP: what is given, with which headers, and above all what is not.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Page } from "../../../host-sim/desk/page.js";

const SCRIPT = `console.log("${"a".repeat(2000)}");`;
const outer = mkdtempSync(join(tmpdir(), "thimble-page-"));
const folder = join(outer, "page");
let server: Server;
let fails: string | undefined;

beforeAll(async () => {
	mkdirSync(join(folder, "assets"), { recursive: true });
	mkdirSync(join(outer, "page-beside"));
	writeFileSync(join(outer, "secret.txt"), "secret");
	writeFileSync(join(outer, "page-beside", "x.txt"), "secret");
	writeFileSync(join(folder, "index.html"), "<!doctype html><title>page</title>");
	writeFileSync(join(folder, ".env"), "secret");
	writeFileSync(join(folder, "assets", "main-Bx3_k9Qz.js"), SCRIPT);
	writeFileSync(join(folder, "assets", "logo.png"), Buffer.alloc(100));
	writeFileSync(join(folder, "about.unknown"), "?");
	symlinkSync(join(outer, "secret.txt"), join(folder, "link.txt"));
	const page = new Page(() => (fails === undefined ? Promise.resolve(folder) : Promise.reject(new Error(fails))));
	server = createServer((request, response) => void page.handle(request, response));
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
	server.close();
	rmSync(outer, { recursive: true });
});

interface Answer {
	status: number;
	headers: IncomingHttpHeaders;
	body: Buffer;
}

/** As it is written: no client in between that tidies the path up. */
function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
	const { port } = server.address() as { port: number };
	return new Promise((resolve, reject) => {
		const asked = request({ host: "127.0.0.1", port, path, method, headers }, response => {
			const chunks: Buffer[] = [];
			response.on("data", chunk => chunks.push(chunk));
			response.on("end", () =>
				resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
			);
		});
		asked.on("error", reject);
		asked.end();
	});
}

describe("the page's files", () => {
	it("are given with their types; index.html is asked for anew each time, what has a hash in its name never again", async () => {
		const index = await get("/?lang=en");
		expect(index).toMatchObject({ status: 200 });
		expect(index.headers).toMatchObject({ "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
		expect(`${index.body}`).toContain("<title>page");
		const script = await get("/assets/main-Bx3_k9Qz.js");
		expect(script.headers).toMatchObject({
			"content-type": "text/javascript; charset=utf-8",
			"cache-control": "public, max-age=31536000, immutable",
			"content-length": String(SCRIPT.length),
		});
		const logo = await get("/assets/logo.png", { "Accept-Encoding": "gzip" });
		expect(logo.headers).toMatchObject({ "content-type": "image/png", "cache-control": "no-cache" });
		expect(logo.headers["content-encoding"]).toBeUndefined();
		expect((await get("/about.unknown")).headers["content-type"]).toBe("application/octet-stream");
	});

	it("are compressed for who takes that, and for nobody else", async () => {
		for (const accepted of ["gzip", "deflate, gzip;q=0.8", "*"]) {
			const { body, headers } = await get("/assets/main-Bx3_k9Qz.js", { "Accept-Encoding": accepted });
			expect(headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
			expect(body.length).toBeLessThan(200);
			expect(`${gunzipSync(body)}`).toBe(SCRIPT);
		}
		for (const accepted of ["", "br", "gzip;q=0", "xgzip"]) {
			const { body, headers } = await get("/assets/main-Bx3_k9Qz.js", { "Accept-Encoding": accepted });
			expect(headers["content-encoding"]).toBeUndefined();
			expect(`${body}`).toBe(SCRIPT);
		}
	});

	it("are told of without their content by HEAD, and by 304 to who has them", async () => {
		const head = await get("/", {}, "HEAD");
		expect(head).toMatchObject({ status: 200, body: Buffer.alloc(0) });
		expect(head.headers["content-length"]).toBe("34");
		const again = await get("/", { "If-None-Match": head.headers["etag"]! });
		expect(again).toMatchObject({ status: 304, body: Buffer.alloc(0) });
	});

	it("have on every answer the headers that keep them among themselves", async () => {
		const answers = [await get("/"), await get("/no"), await get("/", {}, "POST"), await get("/../secret.txt")];
		for (const { headers } of answers) {
			const policy = String(headers["content-security-policy"]).split("; ");
			expect(policy).toEqual(
				expect.arrayContaining([
					"default-src 'none'",
					"script-src 'self'",
					"connect-src 'self' ws: wss:",
					"base-uri 'none'",
					"form-action 'none'",
					"frame-ancestors 'none'",
				]),
			);
			expect(policy.join()).not.toContain("unsafe");
			expect(headers).toMatchObject({
				"x-content-type-options": "nosniff",
				"referrer-policy": "no-referrer",
				"cross-origin-opener-policy": "same-origin",
				"cross-origin-resource-policy": "same-origin",
				"permissions-policy": expect.stringContaining("camera=(self), microphone=()"),
			});
			expect(headers["access-control-allow-origin"]).toBeUndefined();
		}
	});

	it.each([
		"/../secret.txt",
		"/..%2fsecret.txt",
		"/%2e%2e/secret.txt",
		"/assets/../../secret.txt",
		"/assets/..%5c..%5csecret.txt",
		"/../page-beside/x.txt",
		"//secret.txt",
		"/.env",
		"/assets/.%00",
		"/%00",
		"/%zz",
		"/link.txt",
		"/assets",
		"/assets/",
		"/index.html/",
		"/nothing.js",
		"/C:/x",
		"http://evil.example/index.html",
	])("%s is none of them", async path => {
		const { body, status } = await get(path);
		expect(status).toBe(404);
		expect(`${body}`).toBe("there is no such file\n");
	});

	it("are only read", async () => {
		for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
			const { headers, status } = await get("/", {}, method);
			expect(status).toBe(405);
			expect(headers["allow"]).toBe("GET, HEAD");
		}
	});

	it("that cannot be had are a sentence with 500", async () => {
		fails = "the page cannot be built; the console says why";
		expect(await get("/")).toMatchObject({ status: 500, body: Buffer.from(`${fails}\n`) });
		fails = undefined;
		expect(await get("/")).toMatchObject({ status: 200 });
	});

	it("are read anew where they have changed", async () => {
		writeFileSync(join(folder, "about.txt"), "one");
		expect(`${(await get("/about.txt")).body}`).toBe("one");
		await new Promise(resolve => setTimeout(resolve, 20));
		writeFileSync(join(folder, "about.txt"), "two");
		expect(`${(await get("/about.txt")).body}`).toBe("two");
	});
});
