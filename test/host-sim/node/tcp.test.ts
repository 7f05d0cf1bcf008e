import { expect, it } from "vitest";
import { TCP } from "../../../host-sim/node/tcp.js";
import { until } from "../../support/mosquitto.js";

it("a refused connection is onError, and there is no more to say of it", async () => {
	const errors: unknown[] = [];
	const socket = new TCP({ address: "127.0.0.1", port: 1, onError: error => errors.push(error) });
	await until("the error", () => errors.length === 1);
	expect(errors).toEqual([undefined]);
	socket.close();
});
