import { expect, it } from "vitest";
import { Retained } from "../../../host-sim/broker/retained.js";

it("[MQTT-3.3.1-10] keeps the last message of a topic, clears it with an empty one, and finds by filter", () => {
	const retained = new Retained();
	const put = (topic: string, text: string) =>
		retained.put({ topic, payload: Buffer.from(text), qos: 1, retain: true });
	put("a/b", "1");
	put("a/b", "2");
	put("a/c", "3");
	put("$SYS/x", "4");
	const found = (filter: string) =>
		[...retained.matching(filter)].map(({ topic, payload }) => `${topic}=${payload}`).sort();
	expect(found("a/b")).toEqual(["a/b=2"]);
	expect(found("a/+")).toEqual(["a/b=2", "a/c=3"]);
	expect(found("#")).toEqual(["a/b=2", "a/c=3"]);
	expect(found("$SYS/#")).toEqual(["$SYS/x=4"]);
	expect(found("a")).toEqual([]);
	put("a/b", "");
	expect(retained.get("a/b")).toBeUndefined();
	expect(found("#")).toEqual(["a/c=3"]);
});
