import { describe, expect, it } from "vitest";
import type { Message } from "../../../host-sim/broker/message.js";
import { Session } from "../../../host-sim/broker/session.js";
import { Share } from "../../../host-sim/broker/shared.js";

const message = (text: string, qos: 0 | 1 | 2 = 1): Message => ({
	topic: "t",
	payload: Buffer.from(text),
	qos,
	retain: false,
});

/** A share with members, and what each was sent. */
function make(...names: string[]) {
	const share = new Share();
	const sent: string[] = [];
	const sessions = names.map(name => new Session(name, 100, { maxInflight: 10, maxQueued: 10 }));
	const attach = (session: Session) =>
		session.attach(packet => {
			if (packet.cmd === "publish") sent.push(`${session.clientId}:${packet.payload}`);
		});
	for (const session of sessions) {
		share.set({ session, filter: "$share/g/t", qos: 1 });
		attach(session);
	}
	return { share, sessions, sent, attach };
}

describe("a share", () => {
	it("gives each message to one member, in turn", () => {
		const { share, sent } = make("a", "b", "c");
		for (const text of ["1", "2", "3", "4"]) expect(share.deliver(message(text))).toBe(true);
		expect(sent).toEqual(["a:1", "b:2", "c:3", "a:4"]);
	});

	it("gives to who is offline only where nobody is online", () => {
		const { share, sessions, sent } = make("a", "b");
		const [a, b] = sessions as [Session, Session];
		a.detach();
		for (const text of ["1", "2"]) share.deliver(message(text));
		expect([sent, a.owed]).toEqual([["b:1", "b:2"], 0]);
		b.detach();
		for (const text of ["3", "4"]) share.deliver(message(text));
		expect([a.owed, b.owed]).toEqual([1, 3]);
	});

	it("has nobody to give to where it is empty", () => {
		const { share } = make("a");
		expect(share.isEmpty).toBe(false);
		share.delete("a");
		expect([share.isEmpty, share.deliver(message("x"))]).toEqual([true, false]);
	});

	it("[MQTT-4.8.2-3] gives at the QoS that this member was granted, the publisher's otherwise kept", () => {
		const { share, sessions } = make("a");
		const packets: unknown[] = [];
		sessions[0]!.attach(packet => packets.push(packet));
		share.deliver(message("x", 2));
		expect(packets).toMatchObject([{ qos: 1 }]);
	});
});
