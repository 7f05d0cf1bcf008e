import { expect, it } from "vitest";
import { NodeTimer } from "../../../host-sim/node/timer.js";
import { sleep } from "../../support/mosquitto.js";

it("fires once for the last schedule, with its target, and never after close", async () => {
	const fired: unknown[] = [];
	const timer = new NodeTimer({
		target: "me",
		onTimer() {
			fired.push(this.target);
		},
	});
	timer.schedule(1);
	timer.schedule(5);
	await sleep(40);
	expect(fired).toEqual(["me"]);
	timer.schedule(5);
	timer.close();
	await sleep(40);
	expect(fired.length).toBe(1);
});
