import { expect, it } from "vitest";
import { LessonRun } from "../../../../host-sim/web/lessons/run.js";
import { Frames } from "../../../../host-sim/web/live.js";
import { Log } from "../../../../host-sim/web/packets/log.js";

/** A log whose pictures come when we say so. */
function logOf() {
	const due: (() => void)[] = [];
	const log = new Log({ frames: new Frames(show => due.push(show)) });
	let order = 0;
	return {
		log,
		packet(client: string, from: "client" | "broker", hex: string) {
			order += 1;
			const bytes = new Uint8Array(Buffer.from(hex, "hex"));
			log.put([
				{ at: order, order, event: "packet", connection: 1, client, from, bytes, masked: false, partial: false },
			]);
		},
		show() {
			for (const each of due.splice(0)) each();
		},
	};
}

const PINGREQ = "c000";
const PINGRESP = "d000";

it("sees packets as they come, once each, and tells the board's from the page's", () => {
	const { log, packet, show } = logOf();
	const goals = [
		{
			say: { en: "", zh: "" },
			see: [
				{ packet: "PINGREQ", from: "board" as const },
				{ packet: "PINGRESP", to: "board" as const },
			],
		},
		{ say: { en: "", zh: "" }, see: [{ packet: "PINGREQ", from: "page" as const }] },
		{ say: { en: "", zh: "" }, see: [{ packet: "PINGREQ" }, { packet: "PINGREQ" }, { packet: "PINGREQ" }] },
	];
	const run = new LessonRun(goals, log, "page-1");
	packet("board-01", "client", PINGREQ);
	show();
	packet("board-01", "broker", PINGRESP);
	expect(run.reached).toEqual([false, false, false]);
	show();
	expect(run.reached).toEqual([true, false, false]);
	packet("page-1", "client", PINGREQ);
	show();
	show();
	expect(run.reached).toEqual([true, true, false]);
	run.close();
	packet("page-1", "client", PINGREQ);
	show();
	expect(run.reached).toEqual([true, true, false]);
});

it("sees what goes wrong, and what somebody opens", () => {
	const { log, show } = logOf();
	const see = [{ incident: "trouble" as const, fault: "cut" }, { incident: "mended" as const }, { open: "PUBLISH" }];
	const run = new LessonRun([{ say: { en: "", zh: "" }, see }], log, "page-1");
	run.handleOpen("PUBLISH");
	log.put([{ at: 1, event: "incident", incident: { event: "trouble", trouble: { id: 1, fault: "cut", since: 1 } } }]);
	log.put([{ at: 2, event: "incident", incident: { event: "mended", id: 1, fault: "cut", at: 2 } }]);
	show();
	expect(run.reached).toEqual([false]);
	run.handleOpen("PUBLISH");
	expect(run.reached).toEqual([true]);
});
