// Wireshark's eyes: what tshark reads in a file of ours.

import { spawnSync } from "node:child_process";
import { find } from "./need.js";

/** These fields of every frame that the filter lets through, a line each. */
export function tsharkFields(file: string, filter: string, ...fields: string[]): string[][] {
	const wanted = fields.flatMap(field => ["-e", field]);
	// Check sums are not looked at unless it is told to; names are those in the file, and no name server's.
	const options = ["-N", "n", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
	const { status, stderr, stdout } = spawnSync(
		find("tshark")!,
		[...options, "-r", file, "-Y", filter, "-T", "fields", "-E", "separator=/t", ...wanted],
		{ encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
	);
	if (status !== 0) throw new Error(stderr);
	return stdout
		.split("\n")
		.slice(0, -1)
		.map(line => line.split("\t"));
}

/** Frames that something is wrong with: ill-formed, a wrong check sum, or a TCP that does not add up. A reset is none. */
export function tsharkComplaints(file: string): string[][] {
	const wrong =
		"_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || tcp.analysis.flags || _ws.expert.severity == error";
	return tsharkFields(file, wrong, "frame.number", "_ws.expert.message");
}

/** Packets of MQTT by the number of their type. */
export function tsharkTypes(file: string): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const [types] of tsharkFields(file, "mqtt", "mqtt.msgtype"))
		for (const type of types!.split(",")) counts[type] = (counts[type] ?? 0) + 1;
	return counts;
}
