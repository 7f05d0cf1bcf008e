// A recorder between a network and a broker: what it takes down, and what it does not.

import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Recorder, recorded } from "../../../host-sim/record/recorder.js";
import type { Entry } from "../../../host-sim/record/recording.js";
import type { Transport, TransportHandler } from "../../../host-sim/transport.js";
import { TestWorld } from "../../support/world.js";

function recorderOf(originMs?: number) {
	const entries: Entry[] = [];
	const recorder = new Recorder({ put: entry => entries.push(entry), ...(originMs !== undefined && { originMs }) });
	/** In short: "1 client c102 12", with what stands out behind it. */
	const told = () =>
		entries.splice(0).map(entry => {
			const { connection, event, time } = entry;
			if (event === "begin") return `${time} ${connection} begins: ${entry.peer}`;
			if (event === "end") return `${time} ${connection} ${entry.how} by ${entry.by}`;
			const { bytes, client, from, masked, partial } = entry;
			const flags = `${masked ? " masked" : ""}${partial ? " partial" : ""}`;
			return `${time} ${connection} ${client ?? "?"} ${from} ${Buffer.from(bytes).toString("hex")}${flags}`;
		});
	return { entries, recorder, told };
}

const connect = (clientId: string, protocolVersion: 4 | 5 = 4, password?: string): Buffer =>
	generate({
		cmd: "connect",
		protocolId: "MQTT",
		protocolVersion,
		clean: true,
		keepalive: 0,
		clientId,
		...(password !== undefined && { username: "u", password: Buffer.from(password) }),
	});

describe("Recorder", () => {
	it("makes packets of bytes, however they come, with the time of the last byte, and names the client as soon as it is known", () => {
		const { recorder, told } = recorderOf(1000);
		const track = recorder.begin("10.0.0.7:1", 1000.5);
		const bytes = connect("c");
		track.handleBytes("client", bytes.subarray(0, 5), 1001);
		track.handleBytes("client", Buffer.concat([bytes.subarray(5), Buffer.of(0xc0)]), 1002);
		track.handleBytes("broker", Buffer.of(0x20, 2, 0, 0), 1002);
		track.handleBytes("client", Buffer.of(0), 1003.1234);
		track.handleEnd("client", "closed", 1004);
		track.handleEnd("broker", "closed", 1005);
		track.handleBytes("broker", Buffer.of(0xd0, 0), 1005);
		expect(told()).toEqual([
			"0.5 1 begins: 10.0.0.7:1",
			`2 1 c client ${bytes.toString("hex")}`,
			"2 1 c broker 20020000",
			"3.123 1 c client c000",
			"4 1 closed by client",
		]);
	});

	it("takes the name that a 5.0 broker gives", () => {
		const { recorder, told } = recorderOf();
		const track = recorder.begin("p", 0);
		track.handleBytes("client", connect("", 5), 0);
		const connack: Packet = {
			cmd: "connack",
			reasonCode: 0,
			sessionPresent: false,
			properties: { assignedClientIdentifier: "auto-1" },
		};
		track.handleBytes("broker", generate(connack, { protocolVersion: 5 }), 1);
		expect(told().map(line => line.split(" ")[2])).toEqual(["begins:", "?", "auto-1"]);
	});

	it("keeps what is no packet, and what was left of one; and lets no secret through, not even in halves", () => {
		const { entries, recorder, told } = recorderOf();
		const first = recorder.begin("p", 0);
		first.handleBytes("client", connect("c", 4, "hush-hush"), 0);
		first.handleBytes("broker", Buffer.from("0fffffffff01", "hex"), 1);
		first.handleBytes("broker", Buffer.of(0x40), 1);
		first.handleBytes("client", Buffer.from("3005000161", "hex"), 2);
		first.handleEnd("client", "reset", 3);
		const second = recorder.begin("q", 4);
		second.handleBytes("client", connect("c", 4, "hush-hush").subarray(0, -1), 5);
		second.handleEnd("client", "closed", 6);
		const third = recorder.begin("r", 7);
		third.handleBytes("client", Buffer.concat([Buffer.from("10ffffffff", "hex"), connect("c", 4, "hush-hush")]), 8);
		third.handleBytes("client", Buffer.from("hush-hush"), 8);
		for (const entry of entries)
			if (entry.event === "packet") expect(Buffer.from(entry.bytes).includes("hush-hus")).toBe(false);
		const half = connect("c", 4, "hush-hush").length - 2;
		expect(told()).toEqual([
			"0 1 begins: p",
			`0 1 c client ${connect("c", 4, "*********").toString("hex")} masked`,
			"1 1 c broker 0fffffffff01 partial",
			"1 1 c broker 40 partial",
			"3 1 c client 3005000161 partial",
			"3 1 reset by client",
			"4 2 begins: q",
			`6 2 ? client 10${"2a".repeat(half)} masked partial`,
			"6 2 closed by client",
			"7 3 begins: r",
			`8 3 ? client ${"2a".repeat(5 + half + 2)} masked partial`,
			`8 3 ? client ${"2a".repeat(9)} masked partial`,
		]);
	});

	it("never goes back in time", () => {
		const { entries, recorder } = recorderOf();
		const track = recorder.begin("p", 5);
		track.handleBytes("client", Buffer.of(0xc0, 0), 3);
		expect(entries.map(({ time }) => time)).toEqual([5, 5]);
	});
});

describe("recorded()", () => {
	it("passes everything on, and tells who ended a connection, and how", () => {
		const { recorder, told } = recorderOf();
		const seen: string[] = [];
		let served: Transport | undefined;
		const accept = recorded(
			recorder,
			transport => {
				served = transport;
				return {
					handleData: bytes => seen.push(`data ${bytes.length}`),
					handleClose: (_now, wasReset) => seen.push(`close ${wasReset}`),
				};
			},
			{ now: () => 9 },
		);
		const begin = (withReset: boolean): TransportHandler =>
			accept(
				{
					peer: "p",
					write: bytes => seen.push(`write ${bytes.length}`),
					close: () => seen.push("closed"),
					...(withReset && { reset: () => seen.push("reset") }),
				},
				1,
			);
		const one = begin(false);
		one.handleData(Buffer.of(0xc0, 0), 2);
		served!.write(Buffer.of(0xd0, 0));
		one.handleClose(10, true);
		begin(true);
		served!.reset!();
		begin(false);
		served!.close();
		expect(seen).toEqual(["data 2", "write 2", "close true", "reset", "closed"]);
		expect(told()).toEqual([
			"1 1 begins: p",
			"2 1 ? client c000",
			"9 1 ? broker d000",
			"10 1 reset by client",
			"10 2 begins: p",
			"10 2 reset by broker",
			"10 3 begins: p",
			"10 3 closed by broker",
		]);
	});

	it("in a world: records what the broker's manners make of its answers", () => {
		const { entries, recorder } = recorderOf();
		const world = new TestWorld({ recorder });
		const client = world.client("c", { cleanSession: false });
		client.open();
		world.run(1000);
		world.manners = { lateMs: 0, twice: 100, wrong: 0 };
		client.publish("t", "1", { qos: 1 });
		world.run(1000);
		client.close();
		world.run(1000);
		const types = entries.map(entry =>
			entry.event === "packet" ? `${entry.from} ${entry.bytes[0]! >> 4}` : entry.event,
		);
		expect(types).toEqual(["begin", "client 1", "broker 2", "client 3", "broker 4", "broker 4", "client 14", "end"]);
		expect(entries.at(-1)).toMatchObject({ by: "broker", how: "closed" });
	});
});
