import { expect, it } from "vitest";
import type { Seen } from "../../../../host-sim/desk/protocol.js";
import { pairsOf } from "../../../../host-sim/inspect/hex.js";
import type { Hello, Incident } from "../../../../host-sim/web/model/desk.js";
import { itemOf, PacketLog, type Watched } from "../../../../host-sim/web/packets/packetlog.js";
import type { Tap } from "../../../../host-sim/web/socket.js";
import { MESSAGE, packetsIn, STILL, Talk } from "../../../support/seen.js";

const HELLO = {
	event: "hello",
	version: "1",
	stage: "run",
	title: "x",
	broker: { url: "mqtt://x", embedded: true },
	boards: [{ device: "a", engine: "node", qos: 1, protocol: "5.0", interval: 1000 }],
	faults: [],
	now: 0,
	wall: 1000,
	troubles: [],
} as const satisfies Hello;

class Stage {
	tap: Tap | undefined;
	readonly asked: unknown[] = [];
	readonly link = { clientId: "page-1", destination: { url: "ws://usual", version: "5.0" } };
	readonly desk = {
		hello: HELLO as Hello | undefined,
		now: 50,
		incidents: [] as Incident[],
		onSeen: (_: readonly Seen[], _left: number) => {},
		onIncident: (listener: (incident: Incident) => void) => {
			this.happen = listener;
		},
		ask: (what: unknown) => this.asked.push(what),
	};
	happen: (incident: Incident) => void = () => {};
	readonly log: PacketLog;

	constructor(incidents: readonly Incident[] = []) {
		this.desk.incidents.push(...incidents);
		this.log = new PacketLog(this as unknown as Watched, { frames: STILL });
	}

	usual() {
		return { url: "ws://usual", version: "5.0" };
	}
}

/** What a desk would say. */
function seen(talk: Talk): Seen[] {
	return talk.items.map((item, i) => {
		if (item.event === "gap" || item.event === "incident") throw new Error("nothing to be seen");
		const { order: _, ...rest } = item;
		const common = { ...rest, n: i + 1 };
		if (common.event !== "packet") return common as Seen;
		return { ...common, bytes: pairsOf(common.bytes), masked: undefined, partial: undefined } as unknown as Seen;
	});
}

it("takes what is seen but once, and says how much was left out", () => {
	const { desk, log } = new Stage();
	const all = seen(new Talk().connects("a", 1).says("a", 1, MESSAGE));
	desk.onSeen(all.slice(0, 2), 0);
	desk.onSeen(all, 0);
	desk.onSeen(seen(new Talk().connects("a", 1).says("a", 1, MESSAGE).says("a", 1, MESSAGE)).slice(3), 7);
	expect(log.lines.map(({ kind }) => kind)).toEqual(["packet", "packet", "packet", "gap", "packet"]);
	expect(log.startedAt).toBe(1000);
});

it("knows in which version a board speaks, though its CONNECT was before", () => {
	const { desk, log } = new Stage();
	desk.onSeen(seen(new Talk().says("a", 1, { cmd: "pingreq" })), 0);
	expect(packetsIn(log.lines)[0]).toMatchObject({ version: "5.0", connection: { source: "known" } });
});

it("takes down what happens on the stage", () => {
	// Somebody has looked at something else until now.
	const stage = new Stage([{ event: "restarted", device: "a", reason: "power-on", at: 30 }]);
	stage.happen({ event: "trouble", trouble: { id: 1, fault: "power-cut", since: 40 } });
	stage.happen({ event: "mended", id: 1, fault: "power-cut", at: 60 });
	expect(stage.log.lines.map(({ at, kind }) => [at, kind])).toEqual([
		[30, "incident"],
		[40, "incident"],
		[60, "incident"],
	]);
});

it("asks for those who are chosen", () => {
	const { asked, log } = new Stage();
	expect(log.choice).toBeUndefined();
	log.choose(["a"]);
	log.choose("all");
	expect(asked).toEqual([
		{ ask: "see", clients: ["a"] },
		{ ask: "see", clients: "all" },
	]);
	expect(log.choice).toBe("all");
});

it("goes on with the same run when the simulator is back, and begins anew with another", () => {
	const { desk, log } = new Stage();
	const all = seen(new Talk().connects("a", 1));
	desk.onSeen(all, 0);
	desk.hello = { ...HELLO, now: 5000, wall: 6000 };
	desk.onSeen(all, 0);
	expect(log.lines.length).toBe(2);
	desk.hello = { ...HELLO, now: 10, wall: 90_000 };
	desk.onSeen(all.slice(0, 1), 0);
	expect(log.lines.length).toBe(1);
	expect(log.startedAt).toBe(89_990);
});

/** What a page says that goes to some broker. */
function connect(stage: Stage): void {
	const [connect, connack] = new Talk()
		.connects("page-1", 1, { username: "u", password: Buffer.from("secret") }, "5.0")
		.items.map(item => (item.event === "packet" ? item.bytes : new Uint8Array()));
	stage.tap!.begin!();
	// In two pieces, as it may be.
	stage.tap!.bytes!(true, connect!.subarray(0, 5));
	stage.tap!.bytes!(true, connect!.subarray(5));
	stage.tap!.bytes!(false, connack!);
	stage.tap!.end!();
}

it("sees the page itself where it is elsewhere, without its password", () => {
	const stage = new Stage();
	stage.link.destination.url = "wss://elsewhere";
	connect(stage);
	expect(stage.log.lines.map(({ kind }) => kind)).toEqual(["begin", "packet", "packet", "end"]);
	const [first] = packetsIn(stage.log.lines);
	expect(first).toMatchObject({ masked: true, connection: { client: "page-1" }, summary: { name: "CONNECT" } });
	expect(Buffer.from(first!.bytes).toString("latin1")).not.toContain("secret");
	// Where it is in the diagram, it is later than what is there.
	stage.desk.now = 10;
	connect(stage);
	expect(stage.log.lines.every(({ at }) => at === 50)).toBe(true);
});

it("leaves the page to the simulator, which sees it beside its own broker", () => {
	const stage = new Stage();
	connect(stage);
	expect(stage.log.lines).toEqual([]);
	stage.desk.hello = { ...HELLO, broker: { url: "mqtt://x", embedded: false } };
	connect(stage);
	expect(stage.log.lines.length).toBe(4);
});

it("is the same log for the same session", () => {
	const stage = new Stage() as unknown as Watched;
	expect(PacketLog.of(stage)).toBe(PacketLog.of(stage));
});

it("takes bytes that are none for an empty packet", () => {
	const packet = { n: 1, at: 1, connection: 1, event: "packet", from: "client", bytes: "xx" } as const;
	expect(itemOf(packet)).toMatchObject({ bytes: new Uint8Array(0) });
});
