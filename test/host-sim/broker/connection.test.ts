import { describe, expect, it } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import type { Connection } from "../../../host-sim/broker/connection.js";
import { hex } from "../../support/peer.js";

const CONNECT = "100d 0004 4d515454 04 02 000a 0001 61";

function open(broker = new Broker()) {
	const written: string[] = [];
	let closes = 0;
	const connection = broker.accept(
		{
			peer: "p",
			write: bytes => {
				written.push(Buffer.from(bytes).toString("hex"));
			},
			close: () => {
				closes += 1;
			},
		},
		0,
	) as Connection;
	return {
		connection,
		written,
		closes: () => closes,
		send: (text: string, now = 0) => connection.handleData(hex(text), now),
	};
}

describe("a connection", () => {
	it("has a deadline for CONNECT, then one and a half keep-alives, then none", () => {
		const { connection, send, written } = open();
		expect(connection.deadline).toBe(10_000);
		send(CONNECT, 2000);
		expect(written).toEqual(["20020000"]);
		expect([connection.clientId, connection.deadline]).toEqual(["a", 17_000]);
		send("c000", 5000);
		expect([written.at(-1), connection.deadline]).toEqual(["d000", 20_000]);
		send("e000", 6000);
		expect(connection.deadline).toBeUndefined();
	});

	it("closes once, whatever comes after", () => {
		const { connection, send, closes, written } = open();
		send(CONNECT);
		send("e000");
		send("c000");
		connection.handleClose(0);
		connection.close("again", true);
		expect([closes(), written.length]).toEqual([1, 1]);
	});

	it("takes CONNECT and what follows it from one piece of bytes", () => {
		const { send, written } = open();
		send(`${CONNECT} c000 8206 0001 0001 61 00`);
		expect(written).toEqual(["20020000", "d000", "9003000100"]);
	});

	it("closed by who watches, it does not come back to life", () => {
		const broker: Broker = new Broker({ on: { connected: id => broker.connectionOf(id)!.close("no", false) } });
		const { send, closes } = open(broker);
		send(CONNECT);
		expect([closes(), broker.sessions.get("a")?.isOnline ?? false]).toEqual([1, false]);
	});
});
