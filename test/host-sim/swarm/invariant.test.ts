import { expect, it } from "vitest";
import { Broken } from "../../../host-sim/swarm/invariant.js";

it("says what did not hold, where and when", () => {
	const broken = new Broken("order", "board-1", 1234, "message 4 comes after a later one");
	expect(broken).toMatchObject({ invariant: "order", board: "board-1", atMs: 1234 });
	expect(broken.message).toBe("message 4 comes after a later one");
});
