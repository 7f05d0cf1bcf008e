// Recordings in Wireshark's eyes.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "mqtt-packet";
import { afterEach, beforeEach, expect, it } from "vitest";
import { scenarioOf } from "../../../host-sim/cli/scenario.js";
import { Simulation } from "../../../host-sim/fleet/simulation.js";
import { Pcapng } from "../../../host-sim/record/pcapng.js";
import { Recorder } from "../../../host-sim/record/recorder.js";
import type { Entry } from "../../../host-sim/record/recording.js";
import { seattle } from "../../../host-sim/sensor/air.js";
import { describeWith } from "../../support/need.js";
import { tsharkComplaints, tsharkFields, tsharkTypes } from "../../support/tshark.js";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "thimble-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const HEADER = { seed: 7, thimble: "0.1.0", scenario: "bad-night", startedAt: Date.UTC(2026, 0, 1) };

function pcapng(entries: readonly Entry[]): string {
	const path = join(folder, "run.pcapng");
	const made = new Pcapng(entries);
	writeFileSync(path, Buffer.concat([made.begin(HEADER), ...entries.map(entry => made.take(entry))]));
	return path;
}

/** Whole packets by the number of their type, as a recording has them. */
function typesOf(entries: readonly Entry[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const entry of entries)
		if (entry.event === "packet" && !entry.partial) {
			const type = entry.bytes[0]! >> 4;
			counts[type] = (counts[type] ?? 0) + 1;
		}
	return counts;
}

function recordingOf(durationMs: number, flags: object): Entry[] {
	const entries: Entry[] = [];
	const recorder = new Recorder({ put: entry => entries.push(entry) });
	const scenario = scenarioOf("bad-night", flags);
	new Simulation(scenario, { air: seattle, recorder, on: () => {}, quiet: true }).run(durationMs);
	return entries;
}

describeWith(["tshark"], "tshark", () => {
	it("reads every packet of eleven minutes of the bad night, in both versions, as what it is, and finds nothing wrong", () => {
		const entries = recordingOf(660_000, {});
		const types = typesOf(entries);
		const file = pcapng(entries);
		// Connections that were cut, closed, and never ended are all in it.
		expect(new Set(entries.flatMap(entry => (entry.event === "end" ? `${entry.how} by ${entry.by}` : [])))).toEqual(
			new Set(["reset by client", "closed by broker"]),
		);
		expect(types["3"]).toBeGreaterThan(2000);
		expect(Object.keys(types).map(Number)).toEqual([1, 2, 3, 4, 5, 6, 7, 12, 13, 14]);
		expect(tsharkTypes(file)).toEqual(types);
		expect(tsharkComplaints(file)).toEqual([]);
		const versions = new Set(tsharkFields(file, "mqtt.ver", "mqtt.ver").map(([version]) => version));
		expect([...versions].sort()).toEqual(["4", "5"]);
		const ends = entries.filter(entry => entry.event === "end" && entry.how === "reset").length;
		expect(tsharkFields(file, "tcp.flags.reset == 1", "frame.number").length).toBe(ends);
	});

	it("sees the packets at their times, from the client's address, by its name", () => {
		const entries = recordingOf(10_000, {});
		const file = pcapng(entries);
		const packets = entries.filter(entry => entry.event === "packet");
		const seen = tsharkFields(file, "mqtt", "frame.time_epoch", "ip.src_host", "tcp.dstport");
		expect(seen.map(([time]) => Math.round(Number(time) * 1000))).toEqual(
			packets.map(({ time }) => HEADER.startedAt + time),
		);
		expect(seen.map(([, host]) => host)).toEqual(
			packets.map(({ client, from }) => (from === "client" ? client : "broker")),
		);
		expect(seen.map(([, , port]) => port === "1883")).toEqual(packets.map(({ from }) => from === "client"));
	});

	it("shows asterisks where the password was, and puts packets together that take more than one frame", () => {
		const entries: Entry[] = [];
		const recorder = new Recorder({ put: entry => entries.push(entry) });
		const track = recorder.begin("p", 0);
		const connect = generate({
			cmd: "connect",
			protocolId: "MQTT",
			protocolVersion: 5,
			clean: true,
			keepalive: 0,
			clientId: "ann's board",
			username: "ann",
			password: Buffer.from("hush-hush"),
			properties: { authenticationMethod: "own", authenticationData: Buffer.from("more hush") },
		});
		track.handleBytes("client", connect, 1);
		const large = generate(
			{ cmd: "publish", topic: "t", payload: "x".repeat(5000), qos: 0, dup: false, retain: false },
			{ protocolVersion: 5 },
		);
		track.handleBytes("client", large, 2);
		track.handleBytes("broker", large, 3);
		track.handleEnd("client", "closed", 4);
		const file = pcapng(entries);
		expect(tsharkFields(file, "mqtt.msgtype == 1", "mqtt.username", "mqtt.passwd", "mqtt.clientid")).toEqual([
			["ann", "*********", "ann's board"],
		]);
		expect(tsharkFields(file, "mqtt.msgtype == 3", "mqtt.len")).toEqual([["5004"], ["5004"]]);
		expect(tsharkComplaints(file)).toEqual([]);
		const all = tsharkFields(file, "mqtt.msgtype == 1", "tcp.payload")[0]![0]!;
		expect(Buffer.from(all, "hex").includes("hush")).toBe(false);
	});

	it("sees that something is wrong where it is", () => {
		const entries: Entry[] = [];
		const track = new Recorder({ put: entry => entries.push(entry) }).begin("p", 0);
		track.handleBytes("broker", Buffer.from("300400056162", "hex"), 1);
		expect(tsharkComplaints(pcapng(entries)).length).toBeGreaterThan(0);
	});
});
