// Devices on the engine for tests: small programs in JavaScript, or the board's own.

import { buildEngine } from "../../host-sim/xs/build.js";
import { type Device, type DeviceOptions, EngineHost } from "../../host-sim/xs/device.js";
import { Events } from "../../host-sim/xs/frames.js";
import { buildImage } from "../../host-sim/xs/image.js";

/** A program on the engine with the object sizes of a board. To be closed. */
export async function engineWith(source: string): Promise<EngineHost> {
	const engine = await buildEngine("32");
	return new EngineHost(engine, buildImage(engine, [{ name: "app", source, preload: false }]).path);
}

/** A device that runs the program and has seen nothing yet. */
export function boot(host: EngineHost, options: Partial<DeviceOptions> = {}): Device {
	return host.device({ module: "app", heapBytes: 32_768, now: 0, wall: 0, world: {}, ...options }).boot();
}

/** One step at that moment. */
export function step(device: Device, now: number, add = (events: Events) => events): void {
	device.step(add(new Events(now, 0)));
}
