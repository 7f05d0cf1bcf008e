// The webhook against a server of the test, which fails in all the ways that servers do.

import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Reading } from "../../../host-sim/sink/reading.js";
import type { Storable } from "../../../host-sim/sink/target.js";
import { keyOf, Webhook } from "../../../host-sim/sink/webhook.js";
import { sleep, until } from "../../support/mosquitto.js";

interface Request {
	readonly url: string;
	readonly headers: IncomingHttpHeaders;
	readonly body: string;
}

let server: Server;
let requests: Request[];
let answer: (response: ServerResponse, request: Request) => void;
let base: string;
const webhooks: Webhook[] = [];

beforeEach(async () => {
	requests = [];
	answer = response => response.end();
	server = createServer((incoming, response) => {
		let body = "";
		incoming.on("data", chunk => (body += chunk));
		incoming.on("end", () => {
			const request = { url: incoming.url!, headers: incoming.headers, body };
			requests.push(request);
			answer(response, request);
		});
	});
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
	base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
	for (const webhook of webhooks.splice(0)) await webhook.close();
	server.closeAllConnections();
	await new Promise(resolve => server.close(resolve));
});

function make(url = `${base}/in?token=s3cret`, headers: string[] = []): Webhook {
	const webhook = new Webhook(url, headers);
	webhooks.push(webhook);
	return webhook;
}

function message(board: string, seq: number, count = 1, more: Partial<Reading> = {}): Storable {
	const readings = Array.from({ length: count }, (_, i) => ({ seq: seq + i, values: { temperature: i }, ...more }));
	return {
		topic: `thimble/${board}/telemetry`,
		payload: new Uint8Array(1),
		length: 1,
		token: seq,
		qos: 1,
		connection: 0,
		receivedMs: Date.now(),
		content: { board, boot: 3, readings },
	};
}

const answering = (status: number, headers: Record<string, string> = {}) => {
	answer = response => response.writeHead(status, headers).end("why not");
};

describe("Webhook", () => {
	it("a request for each message: board, boot, the range of numbers, readings; the key is made of them alone", async () => {
		const webhook = make();
		const reading = { time: 1_763_766_285_123 };
		expect(await webhook.open()).toEqual({ kind: "stored" });
		const sent = [message("attic 01", 12, 2, reading)];
		expect(await webhook.write(sent)).toEqual([{ kind: "stored" }]);
		await sleep(2);
		expect(await webhook.write([message("attic 01", 12, 2, reading)])).toEqual([{ kind: "stored" }]);
		const [first, second] = requests;
		expect(first!.url).toBe("/in?token=s3cret");
		expect(first!.headers).toMatchObject({
			"content-type": "application/json",
			"idempotency-key": "attic%2001/3/12-13",
		});
		expect(JSON.parse(first!.body)).toEqual({
			board: "attic 01",
			boot: 3,
			first: 12,
			last: 13,
			readings: [
				{ seq: 12, time: "2025-11-21T23:04:45.123Z", values: { temperature: 0 } },
				{ seq: 13, time: "2025-11-21T23:04:45.123Z", values: { temperature: 1 } },
			],
		});
		expect([second!.body, second!.headers["idempotency-key"]]).toEqual([first!.body, keyOf(sent[0]!.content)]);
	});

	it("a reading without a time, or with one that no date has, has none", async () => {
		await make().write([message("a", 1), message("a", 2, 1, { time: 9e15 })]);
		expect(requests.map(({ body }) => JSON.parse(body).readings[0].time)).toEqual([null, null]);
	});

	it.each([200, 201, 204])("%i: it has it", async status => {
		answering(status);
		expect(await make().write([message("a", 1)])).toEqual([{ kind: "stored" }]);
	});

	it.each([400, 409, 410, 413, 415, 422])(
		"%i: refused for good, with the reason; others are not touched by it",
		async status => {
			answer = (response, { body }) => response.writeHead(JSON.parse(body).first === 2 ? status : 200).end();
			const outcomes = await make().write([message("a", 1), message("a", 2), message("a", 3)]);
			expect(outcomes).toEqual([
				{ kind: "stored" },
				{ kind: "refused", reason: `answers ${status}` },
				{ kind: "stored" },
			]);
		},
	);

	it.each([301, 401, 403, 404, 405, 408, 425, 429, 500, 503])(
		"%i: later, and the rest is not sent either",
		async status => {
			answering(status, { location: `${base}/elsewhere` });
			const outcomes = await make().write([message("a", 1), message("a", 2)]);
			expect(outcomes).toEqual(new Array(2).fill({ kind: "later", reason: `answers ${status}` }));
			expect(requests.length).toBe(1);
		},
	);

	it("Retry-After in seconds or as a date, ten minutes at most", async () => {
		const waits: (number | undefined)[] = [];
		const date = new Date(Date.now() + 60_000).toUTCString();
		for (const after of ["7", "99999", date, "soon"]) {
			answering(429, { "retry-after": after });
			const [outcome] = await make().write([message("a", 1)]);
			waits.push((outcome as { afterMs?: number }).afterMs);
		}
		expect([waits[0], waits[1], waits[3]]).toEqual([7000, 600_000, undefined]);
		expect(waits[2]).toBeGreaterThan(50_000);
		expect(waits[2]).toBeLessThanOrEqual(60_000);
	});

	it("a server that is slow is asked for eight boards at once, a board's readings one after the other", async () => {
		let open = 0;
		let most = 0;
		const under = new Map<string, number>();
		answer = (response, { body }) => {
			const { board, first } = JSON.parse(body) as { board: string; first: number };
			expect(first).toBe((under.get(board) ?? 0) + 1);
			under.set(board, first);
			open += 1;
			most = Math.max(most, open);
			setTimeout(() => {
				open -= 1;
				response.end();
			}, 20);
		};
		const boards = Array.from({ length: 12 }, (_, i) => `b${i}`);
		const outcomes = await make().write([1, 2, 3].flatMap(seq => boards.map(board => message(board, seq))));
		expect(outcomes).toEqual(new Array(36).fill({ kind: "stored" }));
		expect(most).toBe(8);
	});

	it("a connection that is cut, or not there: later; nothing of the address is told", async () => {
		answer = response => void response.destroy();
		const [cut] = await make().write([message("a", 1)]);
		expect(cut).toMatchObject({ kind: "later", reason: "UND_ERR_SOCKET" });
		const [absent] = await make("http://127.0.0.1:1/x?token=s3cret").write([message("a", 1)]);
		expect(absent!.kind).toBe("later");
		expect(JSON.stringify([cut, absent])).not.toContain("s3cret");
	});

	it("closed, it does not wait for an answer", async () => {
		answer = () => {};
		const webhook = make();
		const writing = webhook.write([message("a", 1)]);
		await until("the request", () => requests.length === 1);
		await webhook.close();
		expect((await writing)[0]!.kind).toBe("later");
	});

	it("headers are sent, and user and password of the URL; its name has neither these nor the path", async () => {
		const url = base.replace("://", "://ann:p%40ss@");
		const webhook = make(`${url}/hook/s3cret`, ["X-Site: attic: 1", "x-site: two"]);
		await webhook.write([message("a", 1)]);
		expect(requests[0]!.headers).toMatchObject({
			authorization: `Basic ${Buffer.from("ann:p@ss").toString("base64")}`,
			"x-site": "attic: 1, two",
		});
		expect(webhook.name).toBe(base);
	});

	it("what is no URL or no header is refused, without a word of it", () => {
		for (const url of ["s3cret", "ftp://s3cret.example", "https://%zz:s3cret@host"])
			expect(() => make(url)).toThrow(/^--to: expected https:\/\/host\[:port\]\[\/path\], or http:\/\/$/);
		for (const header of ["s3cret", ": s3cret", "Na me: s3cret", "A: s3\ncret"])
			expect(() => make(base, [header])).toThrow(/^--header: expected "Name: value"$/);
		expect(() => make(base, ["Idempotency-Key: x"])).toThrow("not yours to choose");
	});
});
