// Several observers as one: a filter a board, a few hundred boards, and nobody else's readings.

import { afterEach, beforeEach, expect, it } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import { Gallery } from "../../../host-sim/node/gallery.js";
import { type Listener, listen } from "../../../host-sim/node/listen.js";
import { until } from "../../support/mosquitto.js";

let broker: Broker;
let listener: Listener;
let gallery: Gallery | undefined;

beforeEach(async () => {
	broker = new Broker({ users: { ann: "pass" }, refusedFilters: ["r/forbidden"] });
	listener = await listen(broker, 0);
});

afterEach(async () => {
	await gallery?.leave();
	await listener.close();
});

function make(filters: readonly string[], password = "pass") {
	const told: string[] = [];
	gallery = new Gallery({
		host: "127.0.0.1",
		port: listener.port,
		userName: "ann",
		password,
		clientId: "o",
		filters,
		qos: 2,
		backoff: { baseMs: 20, capMs: 50 },
		taken: message => told.push(`${message.topic} ${message.text()} ${message.qos}`),
		there: remembered => told.push(remembered ? "back" : "new"),
		away: () => told.push("away"),
	});
	gallery.open();
	return { gallery, told };
}

const TOPICS = Array.from({ length: 300 }, (_, i) => `r/${i}`);
const sessions = () => ["o", "o-2", "o-3", "o-4"].filter(id => broker.sessions.has(id));
const publish = (topic: string, payload: string) =>
	broker.publish({ topic, payload: Buffer.from(payload), qos: 2, retain: false });

it("is there when all of its filters are granted, and sees what they are for once, and nothing else", async () => {
	const { gallery, told } = make(TOPICS);
	expect([gallery.isThere, gallery.wasThere]).toEqual([false, false]);
	await until("there", () => gallery.isThere);
	expect(sessions()).toEqual(["o", "o-2", "o-3"]);
	for (const number of [0, 127, 128, 299, 300]) publish(`r/${number}`, "x");
	publish("r/1", "last");
	await until("all", () => told.length === 6);
	expect(told[0]).toBe("new");
	expect(told.slice(1).sort()).toEqual(["r/0 x 2", "r/1 last 2", "r/127 x 2", "r/128 x 2", "r/299 x 2"]);
	await gallery.leave();
	await until("forgotten", () => sessions().length === 0);
});

it("is away from when one of them is, until all are back; what arrived meanwhile is seen", async () => {
	const { gallery, told } = make(TOPICS);
	await until("there", () => gallery.isThere);
	listener.destroy("o-2");
	listener.destroy("o-3");
	await until("away", () => told.includes("away"));
	publish("r/130", "meanwhile");
	await until("back", () => gallery.isThere && told.length === 4);
	expect(told.filter(line => !line.startsWith("r/"))).toEqual(["new", "away", "back"]);
	expect(told).toContain("r/130 meanwhile 2");
});

it("says of one that the broker refuses what it has refused", async () => {
	const { gallery } = make([...TOPICS.slice(0, 130), "r/forbidden"]);
	await until("refused", () => gallery.isRefused);
	expect([gallery.isThere, gallery.wasThere, gallery.code]).toEqual([false, false, 0x80]);
	const absent = make(TOPICS, "wrong").gallery;
	await until("refused", () => absent.code !== 0);
	expect([absent.code, absent.isRefused, absent.wasThere]).toEqual([0x86, false, false]);
});
