import { expect, it } from "vitest";
import { addressOf, Failures } from "../../../host-sim/security/failures.js";

it("the first failures cost nothing, each more twice the time of the one before, up to five minutes", () => {
	const failures = new Failures(3);
	let now = 0;
	const waits: number[] = [];
	for (let i = 0; i < 14; i += 1) {
		failures.put("a", "x", now);
		let wait = 0;
		while (failures.isWaiting("a", "x", now + wait)) wait += 500;
		waits.push(wait / 1000);
		now += wait;
	}
	expect(waits).toEqual([0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
	expect(failures.isWaiting("b", "x", now)).toBe(false);
	failures.put("a", "x", now + 900_001);
	expect(failures.isWaiting("a", "x", now + 900_001)).toBe(false);
});

it("a name that was right at that address does not wait for others, until it is wrong itself", () => {
	const failures = new Failures(1);
	failures.putRight("a", "good");
	failures.put("a", "bad", 0);
	expect(failures.isWaiting("a", "good", 1)).toBe(false);
	expect(failures.isWaiting("a", "other", 1)).toBe(true);
	failures.put("a", "good", 2);
	expect(failures.isWaiting("a", "good", 3)).toBe(true);
	expect(failures.isWaiting("b", "good", 3)).toBe(false);
});

it("remembers a bounded number of addresses: who failed longest ago makes room", () => {
	const failures = new Failures(1);
	for (let i = 0; i < 10_001; i += 1) failures.put(`address ${i}`, "x", 0);
	expect(failures.isWaiting("address 0", "x", 0)).toBe(false);
	expect(failures.isWaiting("address 1", "x", 0)).toBe(true);
});

it("a network of IPv6 is one address, and IPv4 is itself however it is written", () => {
	expect(addressOf("10.0.0.1:1234")).toBe("10.0.0.1");
	expect(addressOf("::ffff:10.0.0.1:1234")).toBe("10.0.0.1");
	expect(addressOf("2001:db8:1:2:3:4:5:6:1234")).toBe(addressOf("2001:db8:1:2::9:1234"));
	expect(addressOf("2001:db8:1:2:3:4:5:6:1234")).not.toBe(addressOf("2001:db8:1:3::9:1234"));
	expect(addressOf("::1:1234")).toBe(addressOf("::2:1234"));
	expect(addressOf("fe80::1:1234")).not.toBe(addressOf("::1:1234"));
});
