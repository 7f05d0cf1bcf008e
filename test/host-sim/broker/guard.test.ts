import { describe, expect, it } from "vitest";
import { type Entry, type Guard, isSameOwner, type Owner } from "../../../host-sim/broker/guard.js";
import { NOT_AUTHORIZED, Refusal } from "../../../host-sim/broker/reason.js";
import { makeBroker } from "../../support/raw.js";

const ANN: Owner = { kind: "user", name: "ann" };
const BOB: Owner = { kind: "user", name: "bob" };

/** Lets in by user name, at once or later, and forbids what begins with "no". */
function guardOf(entries: Record<string, Entry | Promise<Entry>>): Guard {
	return {
		authenticate: ({ username = "" }) => {
			const entry = entries[username];
			if (entry === undefined) throw new Refusal(NOT_AUTHORIZED, "no");
			return entry;
		},
		authorize: (_client, _action, topic) => (topic.startsWith("no") ? NOT_AUTHORIZED : undefined),
	};
}

/** An answer that comes when we want. */
function later() {
	let resolve: (entry: Entry) => void = () => {};
	const promise = new Promise<Entry>(take => {
		resolve = take;
	});
	return { promise, resolve: (entry: Entry) => resolve(entry) };
}

const settled = () => new Promise(resolve => setImmediate(resolve));

describe("a broker with a guard", () => {
	it("keeps what comes behind CONNECT until the guard has answered, in its order", async () => {
		const { promise, resolve } = later();
		const { client } = makeBroker({ guard: guardOf({ ann: promise }) });
		const raw = client(5).connect("a", { username: "ann" }).subscribe("t", 1).publish("t", "1", { qos: 1 });
		expect(raw.got()).toEqual([]);
		resolve({ owner: ANN });
		await settled();
		expect(raw.got()).toEqual(["connack 0", "suback 1", "publish t 1 q1 d0 r0 #1", "puback #1 0"]);
	});

	it("closes where more comes than it wants to keep, and does nothing of it", async () => {
		const { broker, client } = makeBroker({ guard: guardOf({ ann: new Promise(() => {}) }) });
		const raw = client(5).connect("a", { username: "ann" });
		for (let i = 0; i < 7; i += 1) raw.publish("t", "x".repeat(10_000), { retain: true });
		expect(raw.got()).toEqual(["connack 97"]);
		expect(raw.closed).toBe(true);
		expect(broker.retained.get("t")).toBeUndefined();
	});

	it("says no where the guard fails in whatever way", async () => {
		const refusal = Promise.reject(new Refusal(NOT_AUTHORIZED, "no"));
		const fault = Promise.reject(new Error("disk"));
		const { broker, client } = makeBroker({ guard: guardOf({ ann: refusal, bob: fault }) });
		const [ann, bob, eve] = ["ann", "bob", "eve"].map(username => client(5).connect("a", { username }));
		await settled();
		expect([ann!.got(), bob!.got(), eve!.got()]).toEqual([["connack 87"], ["connack 80"], ["connack 87"]]);
		expect(broker.sessions.size).toBe(0);
	});

	it("takes a late answer up when its house says that it is its turn, yes or no", async () => {
		const turns: (() => void)[] = [];
		const no = Promise.reject(new Refusal(NOT_AUTHORIZED, "no"));
		const entries = { ann: Promise.resolve({ owner: ANN }), bob: no };
		const { client } = makeBroker({ guard: guardOf(entries), enter: run => void turns.push(run) });
		const [ann, bob] = ["ann", "bob"].map(username => client(5).connect(username, { username }));
		await settled();
		expect([ann!.got(), bob!.got(), turns.length]).toEqual([[], [], 2]);
		for (const run of turns) run();
		expect([ann!.got(), bob!.got()]).toEqual([["connack 0"], ["connack 87"]]);
	});

	it("does nothing for who has gone before the answer", async () => {
		const { promise, resolve } = later();
		const { broker, client } = makeBroker({ guard: guardOf({ ann: promise }) });
		client(5).connect("a", { username: "ann" }).cut();
		resolve({ owner: ANN });
		await settled();
		expect(broker.sessions.size).toBe(0);
	});

	it("ends a connection with 0xA0 when the proof of who it is runs out, whatever it says meanwhile", () => {
		const { broker, client } = makeBroker({ guard: guardOf({ ann: { owner: ANN, lastsMs: 5000 } }) });
		const raw = client(5).connect("a", { username: "ann", keepalive: 2 });
		raw.send({ cmd: "pingreq" }, 2500);
		broker.handleTime(4999);
		expect(raw.got()).toEqual(["connack 0", "pingresp"]);
		expect(broker.pollDeadline()).toBe(5000);
		broker.handleTime(5000);
		expect(raw.got()).toEqual(["disconnect a0"]);
	});

	it("refuses a will, a message and a filter that are not allowed, each with its reason", () => {
		const { broker, client } = makeBroker({ guard: guardOf({ ann: { owner: ANN } }) });
		const will = { topic: "no/will", payload: Buffer.from("x"), qos: 0 as const, retain: true };
		expect(client(5).connect("a", { username: "ann", will }).got()).toEqual(["connack 87"]);
		expect(client(4).connack("a", { username: "ann", will }).returnCode).toBe(5);
		const raw = client(5)
			.connect("a", { username: "ann" })
			.subscribe("no/#", 1)
			.publish("no", "1", { qos: 1, retain: true });
		expect(raw.got()).toEqual(["connack 0", "suback 87", "puback #1 87"]);
		// 3.1.1 has no words for it: all is well, and nothing happens [MQTT-3.3.5-2].
		const old = client(4)
			.connect("b", { username: "ann" })
			.subscribe("no/#", 1)
			.publish("no", "1", { qos: 1, retain: true });
		expect(old.got()).toEqual(["connack", "suback 80", "puback #1"]);
		expect(broker.retained.get("no")).toBeUndefined();
	});

	it("gives a session to nobody but its owner, online or not", () => {
		const { broker, client } = makeBroker({ guard: guardOf({ ann: { owner: ANN }, bob: { owner: BOB } }) });
		const ann = client(5).connect("a", { username: "ann", clean: false, properties: { sessionExpiryInterval: 10 } });
		expect(client(5).connect("a", { username: "bob" }).got()).toEqual(["connack 85"]);
		expect(client(4).connack("a", { username: "bob" }).returnCode).toBe(2);
		expect(ann.got()).toEqual(["connack 0"]);
		ann.cut(1000);
		expect(client(5).connect("a", { username: "bob" }).got()).toEqual(["connack 85"]);
		expect(client(5).connack("a", { username: "ann", clean: false }).sessionPresent).toBe(true);
		expect(broker.sessions.get("a")!.owner).toEqual(ANN);
	});

	it("ends subscriptions that are no longer allowed, and publishes no will that no longer is", () => {
		let forbidden = "nothing";
		const guard: Guard = {
			authenticate: () => ({ owner: ANN }),
			authorize: (_client, _action, topic) => (topic.startsWith(forbidden) ? NOT_AUTHORIZED : undefined),
		};
		const { broker, client } = makeBroker({ guard });
		const will = { topic: "w", payload: Buffer.from("x"), qos: 0 as const, retain: true };
		const raw = client(5).connect("a", { will }).subscribe("t", 0).subscribe("u", 0);
		raw.got();
		forbidden = "t";
		broker.revise();
		client(5).connect("b").publish("u", "2").publish("t", "1");
		expect(raw.got()).toEqual(["publish u 2 q0 d0 r0"]);
		forbidden = "w";
		raw.cut();
		expect(broker.retained.get("w")).toBeUndefined();
	});
});

describe("limits", () => {
	it("of sessions, subscriptions and retained messages are told as what they are", () => {
		const { broker, client, online } = makeBroker({
			maxSessions: 1,
			maxSubscriptions: 2,
			maxRetained: 1,
			maxRetainedBytes: 10,
		});
		const raw = online("a");
		expect(raw.subscribe("a", 0).subscribe("b", 0).subscribe("c", 0).subscribe("a", 1).got()).toEqual([
			"suback 0",
			"suback 0",
			"suback 97",
			"suback 1",
		]);
		expect(client(5).connect("b").got()).toEqual(["connack 89"]);
		const retained = (topic: string, payload: string) =>
			raw.publish(topic, payload, { qos: 1, retain: true }).got().at(-1);
		expect(retained("x", "123456789")).toBe("puback #1 10");
		expect(retained("x", "1234567890")).toBe("puback #1 97");
		expect(retained("y", "1")).toBe("puback #1 97");
		expect(retained("x", "")).toBe("puback #1 10");
		expect(retained("y", "1")).toBe("puback #1 10");
		expect(broker.retained.get("x")).toBeUndefined();
	});

	it("of CONNECT's size hold until CONNACK, and those of packets from then on", () => {
		const { client } = makeBroker({ limits: { connectPacketSize: 40, maximumPacketSize: 100 } });
		expect(client(5).connect("x".repeat(40)).closed).toBe(true);
		const raw = client(5).connect("a").publish("t", "x".repeat(60));
		expect(raw.closed).toBe(false);
		expect(raw.publish("t", "x".repeat(120)).closed).toBe(true);
	});

	it("of bytes that wait for who is away are kept to, and given back", () => {
		const { online } = makeBroker({ maxQueuedBytes: 10 });
		const asleep = online("a", { clean: false, properties: { sessionExpiryInterval: 100 } }).subscribe("t", 1);
		asleep.cut();
		const raw = online("b");
		for (const payload of ["12345678", "123", "12"]) raw.publish("t", payload, { qos: 1 });
		const back = online("a", { clean: false });
		expect(back.broker.sessions.get("a")!.dropped).toBe(1);
		expect(back.broker.sessions.get("a")!.owed).toBe(2);
	});
});

it("owners are the same where kind and name are", () => {
	expect(isSameOwner(ANN, { ...ANN })).toBe(true);
	expect(isSameOwner(ANN, BOB)).toBe(false);
	expect(isSameOwner(ANN, { kind: "certificate", name: "ann" })).toBe(false);
	expect(isSameOwner(undefined, undefined)).toBe(true);
	expect(isSameOwner(ANN, undefined)).toBe(false);
});
