// Requests and answers: each request is told once, whatever comes back, and when.

import type { IPublishPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Misuse } from "../../../firmware/mqtt/client.js";
import { CONTENT_TYPE, properties, RESPONSE_TOPIC } from "../../../firmware/mqtt/property.js";
import type { Session } from "../../../firmware/mqtt/session.js";
import { REQUEST_ID } from "../../../firmware/mqtt/words.js";
import { answer, Requests, type RequestsOptions } from "../../../firmware/optional/requests.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { online, type Peer, publish, utf8 } from "../../support/peer.js";

function make(options: Partial<RequestsOptions> = {}): { peer: Peer; requests: Requests; heard: string[] } {
	const peer = online({ protocolVersion: 5 });
	const requests = new Requests(peer.client, {
		topic: "replies/c",
		timer: { io: peer.time.Timer },
		clock: peer.time.clock,
		random: new SeededRandom(7),
		...options,
	});
	peer.take();
	return { peer, requests, heard: [] };
}

/** Sends a request whose answer is noted under its name; its PUBLISH. */
function ask({ heard, peer, requests }: ReturnType<typeof make>, name: string): IPublishPacket {
	const ticket = requests.request("do/it", name, message => heard.push(`${name}: ${message?.text()}`));
	expect(ticket).toBeGreaterThanOrEqual(0);
	return peer.take().at(-1) as IPublishPacket;
}

function reply(request: IPublishPacket, payload: string): IPublishPacket {
	const { correlationData, responseTopic } = request.properties!;
	return { ...publish(responseTopic!, payload), properties: { correlationData: correlationData! } };
}

describe("requests", () => {
	it("name the topic for their answer, and are told apart by their correlation data", () => {
		const made = make();
		const [first, second] = [ask(made, "first"), ask(made, "second")];
		expect(first.properties?.responseTopic).toBe("replies/c");
		made.peer.send(reply(second, "2"), reply(first, "1"));
		expect(made.heard).toEqual(["second: 2", "first: 1"]);
	});

	it("are told once: a second answer, a foreign one and one without correlation data are for nobody", () => {
		const made = make();
		const request = ask(made, "only");
		made.peer.send(publish("replies/c", "none"));
		made.peer.send({ ...reply(request, "short"), properties: { correlationData: Buffer.of(1, 2) } });
		made.peer.send({ ...reply(request, "foreign"), properties: { correlationData: Buffer.of(1, 2, 3, 4) } });
		made.peer.send(reply(request, "yes"), reply(request, "again"));
		made.peer.time.run(60_000);
		expect(made.heard).toEqual(["only: yes"]);
	});

	it("without an answer in time are told so, each in its time", () => {
		const made = make({ timeoutMs: 3000 });
		ask(made, "early");
		made.peer.time.run(1000);
		const late = ask(made, "late");
		made.peer.time.run(1999);
		expect(made.heard).toEqual([]);
		made.peer.time.run(1);
		expect(made.heard).toEqual(["early: undefined"]);
		made.peer.send(reply(late, "just"));
		made.peer.time.run(60_000);
		expect(made.heard).toEqual(["early: undefined", "late: just"]);
	});

	it("are no more than `most` at a time, and what was not published is not told", () => {
		const made = make({ most: 2 });
		const first = ask(made, "1");
		ask(made, "2");
		expect(made.requests.request("do/it", "3", () => made.heard.push("3"))).toBe(-0x11);
		made.peer.send(reply(first, "done"));
		expect(made.requests.request("do/it", new Uint8Array(2000), () => made.heard.push("large"), { qos: 1 })).toBe(
			-0x12,
		);
		expect(() => made.requests.request("do/#", "x", () => made.heard.push("wrong"))).toThrow(Misuse);
		ask(made, "4");
		made.requests.close();
		made.peer.time.run(60_000);
		expect(made.heard).toEqual(["1: done", "2: undefined", "4: undefined"]);
		expect(made.peer.brief()).toEqual([]);
	});

	it("take back their subscription when they are closed", () => {
		const { peer, requests } = make();
		peer.send({ cmd: "suback", messageId: subscribeId(peer), granted: [1] });
		requests.close();
		expect(peer.brief()).toEqual([expect.stringMatching(/^unsubscribe replies\/c /)]);
	});

	it("may have properties of their own", () => {
		const { peer, requests } = make();
		requests.request("do/it", "x", () => {}, { properties: properties([CONTENT_TYPE, "text/plain"]) });
		expect(peer.take()).toMatchObject([{ properties: { contentType: "text/plain", responseTopic: "replies/c" } }]);
	});
});

/** The id of the SUBSCRIBE in flight: the client's last packet id. */
function subscribeId(peer: Peer): number {
	return (peer.client as unknown as { session: Session }).session.words[REQUEST_ID]!;
}

describe("an answer", () => {
	it("goes where the request says, with its correlation data, and properties of its own", () => {
		const peer = online({ protocolVersion: 5 });
		const results: (number | undefined)[] = [];
		peer.client.subscribe("do/it", message => {
			results.push(answer(peer.client, message, "done", { properties: properties([CONTENT_TYPE, "x"]) }));
		});
		peer.take();
		const correlationData = Buffer.of(0, 1, 255);
		peer.send({ ...publish("do/it", "now"), properties: { responseTopic: "replies/x", correlationData } });
		expect(peer.take()).toMatchObject([
			{ topic: "replies/x", payload: Buffer.from("done"), properties: { correlationData, contentType: "x" } },
		]);
		peer.send({ ...publish("do/it", "now"), properties: { responseTopic: "replies/y" } });
		const [second] = peer.take() as IPublishPacket[];
		expect([second!.topic, second!.properties?.correlationData]).toEqual(["replies/y", undefined]);
		// Nobody wants to know.
		peer.send(publish("do/it", "now"));
		expect([results.at(-1), peer.take()]).toEqual([undefined, []]);
	});

	it("[MQTT-3.3.2-14] is never asked for at a topic with wildcards", () => {
		const { client } = online({ protocolVersion: 5 });
		const block = () => properties([RESPONSE_TOPIC, "a/#"]);
		expect(() => client.publish("a", utf8("x"), { properties: block() })).toThrow(Misuse);
	});
});
