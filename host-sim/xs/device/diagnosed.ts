// Diagnostics of an agent that is online, as test/host-sim/xs/diagnosed.test.ts measures them: its server is a few bytes.

import { Agent } from "../../../firmware/device/agent.js";
import { Diagnostics } from "../../../firmware/device/diagnostics.js";
import { Settings } from "../../../firmware/device/settings.js";
import type { KeyValue, Socket, SocketOptions } from "../../../firmware/io.js";
import { EngineClock, EngineRandom, EngineTimer } from "./io.js";

const NOTHING: KeyValue = Object.freeze({ read: () => undefined, write() {}, delete() {}, close() {} });
const ROOM = 4096;

class Diagnosed {
	readonly agent: Agent;
	readonly diagnostics: Diagnostics;
	options: SocketOptions | undefined = undefined;
	socket: Socket | undefined = undefined;
	waiting: Uint8Array = new Uint8Array(0);
	written = 0;

	constructor() {
		const diagnosed = this;
		class Wire implements Socket {
			readonly target: unknown;

			constructor(options: SocketOptions) {
				this.target = options.target;
				diagnosed.options = options;
				diagnosed.socket = this;
			}

			read(view: Uint8Array): void {
				for (let i = 0; i < view.length; i += 1) view[i] = diagnosed.waiting[i]!;
			}

			write(view: Uint8Array): number {
				diagnosed.written += view.length;
				return ROOM;
			}

			close(): void {}
		}
		const store = NOTHING;
		this.diagnostics = new Diagnostics({
			settings: new Settings(store, { qos: "9" }),
			power: { resetReason: "power" },
			memory: { slots: 1000, chunks: 2000 },
			network: { rssi: -60 },
			flash: { writes: 3 },
		});
		this.agent = new Agent({
			deviceId: "b1",
			host: "10.0.0.1",
			sensors: [],
			intervalMs: 86_400_000,
			duties: [this.diagnostics],
			io: { socket: Wire, timer: EngineTimer, clock: new EngineClock(), random: new EngineRandom(), store },
		});
		this.agent.start();
	}

	/** 0: the connection stands, and its birth has arrived; otherwise so many reports. */
	handleCommand(reports: number): void {
		if (reports === 0) {
			this.options!.onWritable!.call(this.socket!, ROOM);
			this.hear(Uint8Array.of(0x20, 2, 0, 0));
		}
		for (let i = 0; i < reports; i += 1) this.diagnostics.handleOnline();
		tell(0, this.agent.client.isOnline ? 1 : 0, this.written, 0);
	}

	hear(bytes: Uint8Array): void {
		this.waiting = bytes;
		this.options!.onReadable!.call(this.socket!, bytes.length);
	}
}

Object.freeze(Diagnosed.prototype);

export default function main(): Diagnosed {
	return new Diagnosed();
}
