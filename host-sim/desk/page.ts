// The files of the page, and nothing else of this machine: what lies in one folder, as it is or compressed, with headers that keep
// the page from loading, sending or being framed by anything that is not ours.

import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const compress = promisify(gzip);

const TYPES: Readonly<Record<string, string>> = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".json": "application/json; charset=utf-8",
	".txt": "text/plain; charset=utf-8",
	".svg": "image/svg+xml",
	".png": "image/png",
	".ico": "image/x-icon",
	".woff2": "font/woff2",
	".wasm": "application/wasm",
	".webmanifest": "application/manifest+json",
};
const COMPRESSED = /^(text\/|application\/(json|wasm|manifest)|image\/svg)/;

/** On every answer. uPlot and the views set styles by the CSSOM, which the policy lets be. */
const HEADERS: Readonly<Record<string, string>> = {
	"Content-Security-Policy": [
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data: blob:",
		"font-src 'self'",
		"connect-src 'self' ws: wss:",
		"manifest-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
	].join("; "),
	"X-Content-Type-Options": "nosniff",
	"Referrer-Policy": "no-referrer",
	"Cross-Origin-Opener-Policy": "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":
		"camera=(self), microphone=(), geolocation=(), accelerometer=(), gyroscope=(), magnetometer=(), display-capture=(), hid=(), midi=(), payment=(), serial=(), usb=()",
};

/** A file, as it is sent. */
interface Sheet {
	readonly changedMs: number;
	readonly type: string;
	readonly plain: Buffer;
	readonly gzipped: Buffer | undefined;
	readonly tag: string;
}

export class Page {
	readonly #folder: () => Promise<string>;
	readonly #sheets = new Map<string, Sheet>();

	/** `folder` tells where the files are, when the first is asked for; what it rejects with is answered with 500. */
	constructor(folder: () => Promise<string>) {
		this.#folder = folder;
	}

	async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { headers, method, url = "/" } = request;
		if (method !== "GET" && method !== "HEAD") {
			response.setHeader("Allow", "GET, HEAD");
			answer(response, 405, "only GET and HEAD are answered here");
			return;
		}
		const path = pathOf(url);
		if (path === undefined) return answer(response, 404, "there is no such file");
		let folder: string;
		try {
			folder = await this.#folder();
		} catch (error) {
			return answer(response, 500, (error as Error).message);
		}
		const sheet = await this.#sheetAt(folder, path);
		if (sheet === undefined) return answer(response, 404, "there is no such file");
		const { gzipped, plain, tag, type } = sheet;
		for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
		response.setHeader("Content-Type", type);
		response.setHeader("Cache-Control", cacheOf(path));
		response.setHeader("ETag", tag);
		if (gzipped !== undefined) response.setHeader("Vary", "Accept-Encoding");
		if (headers["if-none-match"] === tag) {
			response.writeHead(304).end();
			return;
		}
		const isSmall = gzipped !== undefined && takesGzip(String(headers["accept-encoding"] ?? ""));
		if (isSmall) response.setHeader("Content-Encoding", "gzip");
		const body = isSmall ? gzipped : plain;
		response.setHeader("Content-Length", body.length);
		response.writeHead(200);
		response.end(method === "HEAD" ? undefined : body);
	}

	async #sheetAt(folder: string, path: string): Promise<Sheet | undefined> {
		const file = join(folder, path);
		let changedMs: number;
		try {
			// A link could lead out of the folder.
			if (!(await realpath(file)).startsWith((await realpath(folder)) + sep)) return undefined;
			const status = await stat(file);
			if (!status.isFile()) return undefined;
			changedMs = status.mtimeMs;
		} catch {
			return undefined;
		}
		const known = this.#sheets.get(file);
		if (known?.changedMs === changedMs) return known;
		const plain = await readFile(file).catch(() => undefined);
		if (plain === undefined) return undefined;
		const type = TYPES[extname(file)] ?? "application/octet-stream";
		const gzipped = COMPRESSED.test(type) ? await compress(plain, { level: 9 }) : undefined;
		const tag = `"${createHash("sha256").update(plain).digest("hex").slice(0, 32)}"`;
		const sheet = { changedMs, type, plain, gzipped, tag };
		this.#sheets.set(file, sheet);
		return sheet;
	}
}

/** A sentence, with the headers that every answer has. */
export function answer(response: ServerResponse, status: number, sentence: string): void {
	for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
	response.setHeader("Content-Type", "text/plain; charset=utf-8");
	response.setHeader("Cache-Control", "no-store");
	response.writeHead(status);
	response.end(`${sentence}\n`);
}

/** The file that is meant, from the folder on; undefined for what can be none of it. */
function pathOf(url: string): string | undefined {
	let path: string;
	try {
		path = decodeURIComponent(/^[^?#]*/.exec(url)![0]);
	} catch {
		return undefined;
	}
	if (path === "/") return "index.html";
	const parts = path.slice(1).split("/");
	if (!path.startsWith("/") || parts.some(part => !/^[\w@~+-][\w.@~+-]*$/.test(part))) return undefined;
	return parts.join("/");
}

/** What has the hash of its content in its name never changes. */
function cacheOf(path: string): string {
	if (path.endsWith(".html")) return "no-store";
	return /[-.][\w-]{8,}\.\w+$/.test(path) && path.startsWith("assets/")
		? "public, max-age=31536000, immutable"
		: "no-cache";
}

function takesGzip(accepted: string): boolean {
	return accepted.split(",").some(each => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$)[\d.]+\s*)?$/i.test(each));
}
