// Messages behind CONNECT, and a real mosquitto: accepted, refused, and where its answer does not arrive.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Client, type ClientOptions, QOS_1, QOS_2 } from "../../firmware/mqtt/client.js";
import { Pipeline } from "../../firmware/optional/pipeline.js";
import { FlashStore } from "../../firmware/optional/store.js";
import { Flash } from "../../host-sim/world/flash.js";
import { Mosquitto, sleep, until } from "../support/mosquitto.js";
import { describeWith, find } from "../support/need.js";
import { nodeClient } from "../support/node.js";
import { packetsOf, Tap } from "../support/tap.js";

const USER = "board";
const PASSWORD = "thimble";
const BOTH = [QOS_1, QOS_2];

describeWith(["mosquitto", "mosquitto_passwd"], "behind a CONNECT to mosquitto", () => {
	let folder: string;
	let mosquitto: Mosquitto;
	let reader: Client;
	const arrived: string[] = [];

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "thimble-login-"));
		const file = join(folder, "users");
		execFileSync(find("mosquitto_passwd")!, ["-c", "-b", file, USER, PASSWORD], { stdio: "ignore" });
		mosquitto = await Mosquitto.start(["allow_anonymous false", `password_file ${file}`]);
		let isReady = false;
		reader = nodeClient(mosquitto.port, "reader", {
			userName: USER,
			password: PASSWORD,
			onSubscribed: () => (isReady = true),
		});
		reader.subscribe("ahead/#", message => arrived.push(`${message.topic} ${message.text()}`), { qos: 2 });
		reader.open();
		await until("the reader", () => isReady);
	});

	afterAll(async () => {
		reader?.close();
		await mosquitto?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	/** A life of a board with that flash: whether it was accepted, and what became of its messages. */
	function live(port: number, flash: Flash, options: Partial<ClientOptions>) {
		const ends: string[] = [];
		const seen = { online: 0, offline: 0, ends };
		const client = nodeClient(port, `board-${options.protocolVersion}`, {
			cleanSession: false,
			userName: USER,
			password: PASSWORD,
			pipeline: new Pipeline(flash),
			store: new FlashStore(flash),
			onOnline: () => (seen.online += 1),
			onOffline: () => (seen.offline += 1),
			onPublishEnd: (_ticket, end, code) => ends.push(`${end} ${code}`),
			...options,
		});
		return { client, seen };
	}

	/** The server is met: at 5.0 nothing goes ahead before. */
	async function meet(flash: Flash, protocolVersion: 4 | 5): Promise<Tap> {
		const tap = await Tap.start(mosquitto.port);
		const { client, seen } = live(tap.port, flash, { protocolVersion });
		client.open();
		await until("the first life", () => seen.online === 1);
		client.close(false);
		tap.sent.length = 0;
		return tap;
	}

	it.each([4, 5] as const)(
		"at protocol level %i PUBLISH at QoS 1 and 2 arrive and are settled",
		async protocolVersion => {
			const flash = new Flash();
			const tap = await meet(flash, protocolVersion);
			// No answer gets through: what is sent is sent without one.
			tap.swallow("received");
			const { client, seen } = live(tap.port, flash, { protocolVersion });
			const topic = `ahead/${protocolVersion}/accepted`;
			for (const qos of BOTH) client.publish(topic, `${qos}`, { qos: qos >> 1 });
			client.open();
			// At QoS 2 mosquitto waits for PUBREL.
			await until("the first", () => arrived.includes(`${topic} ${QOS_1}`));
			expect(packetsOf(tap.sent).map(({ cmd }) => cmd)).toEqual(["connect", "publish", "publish"]);
			expect(seen).toEqual({ online: 0, offline: 0, ends: [] });
			// The link goes, and the session is there: they are sent again, marked, and arrive once more at QoS 1 only.
			tap.mend();
			tap.cut();
			tap.mend();
			await until("their ends", () => client.unsettled === 0);
			client.close();
			await tap.close();
			await sleep(100);
			expect(seen.ends.sort()).toEqual(["0 0", "0 0"]);
			expect(arrived.filter(text => text === `${topic} ${QOS_2}`)).toHaveLength(1);
		},
	);

	it.each([4, 5] as const)(
		`at protocol level %i nothing behind a refused one arrives [MQTT-3.1.4-5] [MQTT-3.1.4-6], and nothing is lost`,
		async protocolVersion => {
			const flash = new Flash();
			const tap = await meet(flash, protocolVersion);
			const topic = `ahead/${protocolVersion}/refused`;
			const refused = live(tap.port, flash, { protocolVersion, password: "wrong", backoff: { slowMs: 60_000 } });
			for (const qos of BOTH) refused.client.publish(topic, `${qos}`, { qos: qos >> 1 });
			refused.client.open();
			await until("the refusal", () => refused.seen.offline === 1);
			expect(packetsOf(tap.sent).map(({ cmd }) => cmd)).toEqual(["connect", "publish", "publish"]);
			await sleep(200);
			expect(arrived.filter(text => text.startsWith(topic))).toEqual([]);
			refused.client.close();
			expect(refused.seen).toEqual({ online: 0, offline: 1, ends: [] });
			tap.sent.length = 0;
			const { client, seen } = live(tap.port, flash, { protocolVersion });
			client.open();
			await until("their ends", () => seen.ends.length === 2);
			await sleep(100);
			const sent = packetsOf(tap.sent).filter(({ cmd }) => cmd === "publish");
			expect(sent.map(packet => packet.cmd === "publish" && packet.dup)).toEqual([false, false]);
			client.close();
			await tap.close();
			expect(seen.ends).toEqual(["0 0", "0 0"]);
			expect(arrived.filter(text => text.startsWith(topic))).toEqual(BOTH.map(qos => `${topic} ${qos}`));
		},
	);
});
