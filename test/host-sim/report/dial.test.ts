import { expect, it } from "vitest";
import type { SocketOptions } from "../../../firmware/io.js";
import { watchedSocket } from "../../../host-sim/report/dial.js";

it("tells of each connection before it is begun, and is the socket that it was", () => {
	const told: string[] = [];
	class Given {
		readonly port: number;
		constructor({ port }: SocketOptions) {
			told.push("begun");
			this.port = port;
		}
		read() {}
		write() {
			return 0;
		}
		close() {}
	}
	const Watched = watchedSocket(Given, () => told.push("dialled"));
	const socket = new Watched({ address: "10.0.0.1", port: 7 });
	expect(told).toEqual(["dialled", "begun"]);
	expect((socket as Given).port).toBe(7);
	expect(socket).toBeInstanceOf(Given);
});
