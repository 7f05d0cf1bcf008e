import { describe, expect, it } from "vitest";
import { properties, REASON_STRING } from "../../../firmware/mqtt/property.js";
import { Errand, type ErrandOptions, FINE, TIMED_OUT } from "../../../host-sim/cli/errand.js";
import { type BrokerOptions, type ClientOptions, World } from "../../../host-sim/testing.js";

function errandOf(
	options: Partial<ErrandOptions> = {},
	broker: BrokerOptions = {},
	client: Partial<ClientOptions> = {},
) {
	const world = new World({ broker });
	const told: string[] = [];
	const notes: string[] = [];
	const errand = new Errand({
		client: { clientId: "c", userName: "u", password: "wrong", ...world.collaborators("c"), ...client },
		url: "mqtt://u@h:1",
		tell: text => told.push(text),
		debug: text => notes.push(text),
		...options,
	});
	const ends: number[] = [];
	errand.done.then(code => ends.push(code));
	/** What `done` has resolved to, if it has. */
	const after = async (milliseconds: number) => {
		world.run(milliseconds);
		await new Promise(resolve => setImmediate(resolve));
		return ends[0];
	};
	return { world, errand, told, notes, after };
}

describe("an errand", () => {
	it("says goodbye, and leaves the code that it was ended with first", async () => {
		const gone: string[] = [];
		const order: string[] = [];
		const { errand, notes, after } = errandOf(
			{ onOnline: () => order.push("online"), onEnd: () => order.push("end") },
			{ on: { received: (_client, { cmd }) => gone.push(cmd) } },
		);
		errand.start();
		expect(await after(1000)).toBeUndefined();
		errand.end(5);
		errand.end(6);
		errand.interrupt(130);
		expect(await after(1000)).toBe(5);
		expect(gone).toEqual(["connect", "disconnect"]);
		expect(order).toEqual(["online", "end"]);
		expect(notes).toEqual(["connecting to mqtt://u@h:1", "online, new session"]);
	});

	it("has one try to connect: nobody there", async () => {
		const { world, errand, told, after } = errandOf();
		world.stopBroker();
		errand.start();
		expect(await after(20_000)).toBe(1);
		expect(told).toEqual(["cannot connect to mqtt://u@h:1: connection refused"]);
	});

	it("has one try to connect: refused, without a word of the password", async () => {
		const { errand, told, after } = errandOf({}, { users: { u: "right" } });
		errand.start();
		expect(await after(20_000)).toBe(1);
		expect(told).toEqual(["cannot connect to mqtt://u@h:1: bad user name or password"]);
	});

	it("comes back when the connection is lost later, and tells so once", async () => {
		let away = 0;
		const { world, errand, told, notes, after } = errandOf({ onAway: () => (away += 1) });
		errand.start();
		await after(1000);
		expect(away).toBe(0);
		world.stopBroker();
		await after(20_000);
		expect(told).toEqual(["connection lost; trying again"]);
		expect(away).toBe(1);
		expect(notes).toContain("not back yet: connection refused");
		world.resumeBroker();
		await after(60_000);
		expect(errand.client.isOnline).toBe(true);
		world.link("c")!.cut();
		expect(await after(60_000)).toBeUndefined();
		expect(told).toHaveLength(2);
	});

	it("ends where coming back would mend nothing", async () => {
		let asked = 0;
		const users = {
			get u() {
				asked += 1;
				return asked > 1 ? "other" : "wrong";
			},
		};
		const { world, errand, told, after } = errandOf({}, { users });
		errand.start();
		await after(1000);
		world.link("c")!.cut();
		expect(await after(60_000)).toBe(1);
		expect(told).toEqual(["connection lost; trying again", "mqtt://u@h:1: bad user name or password"]);
	});

	it("ends when its time is over, and says what is not acknowledged", async () => {
		const { errand, told, after } = errandOf({ waitMs: 3000 });
		errand.start();
		expect(await after(2900)).toBeUndefined();
		expect(await after(200)).toBe(TIMED_OUT);
		const late = errandOf({ waitMs: 3000 });
		late.errand.start();
		await late.after(1000);
		late.world.stopBroker();
		late.errand.client.publish("a", "x", { qos: 1 });
		expect(await late.after(3000)).toBe(TIMED_OUT);
		expect([...told, late.told.at(-1)]).toEqual(["timed out", "timed out; not acknowledged: 1"]);
	});

	it("ends at a signal: with its code before it was ever online, then as the command says", async () => {
		const early = errandOf({ onInterrupt: () => FINE });
		early.world.network.setName("broker", "10.0.0.9");
		early.errand.start();
		early.errand.interrupt(130);
		expect(await early.after(0)).toBe(130);
		const late = errandOf({ onInterrupt: () => FINE });
		late.errand.start();
		await late.after(1000);
		late.errand.interrupt(130);
		expect(await late.after(1000)).toBe(FINE);
		const patient = errandOf({ onInterrupt: () => undefined });
		patient.errand.start();
		await patient.after(1000);
		patient.errand.interrupt(130);
		expect(await patient.after(1000)).toBeUndefined();
	});

	it("repeats the reason string of the packet that brought a code, and of no other", async () => {
		const { errand } = errandOf();
		const { packet } = errand.client;
		const block = properties([REASON_STRING, "try later"]);
		packet.bytes.set(block, 8);
		packet.propertiesAt = 8;
		packet.propertiesStop = 8 + block.length;
		packet.reason = 0x87;
		expect(errand.explain(0x87)).toBe("not authorised (try later)");
		expect(errand.explain(0x88)).toBe("the broker is unavailable");
		expect(errand.explain(0x38)).toBe("connection lost");
	});
});
