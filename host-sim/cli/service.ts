// The embedded broker at the listeners of a configuration file: alone, or before the broker of a run.

import type { BrokerOptions } from "../broker/broker.js";
import type { Live } from "../desk/stage.js";
import { UsageError } from "../fleet/schema.js";
import { PATH } from "../node/frames.js";
import { type Entrance, readConfiguration } from "../security/configuration.js";
import { Service, type ServiceOptions } from "../security/service.js";
import { type Destination, describeEndpoint } from "./endpoint.js";
import { version } from "./version.js";

/** Throws UsageError where a port cannot be had, or TLS cannot with these files. */
export async function openService(options: Omit<ServiceOptions, "version">): Promise<Service> {
	try {
		return await Service.open({ ...options, version: version() });
	} catch (error) {
		const { code, message, syscall } = error as NodeJS.ErrnoException;
		if (syscall === "listen" || syscall === "bind") throw new UsageError(`cannot listen: ${message}`);
		if (code?.startsWith("ERR_") === true) throw new UsageError(`TLS cannot be had with these files (${code})`);
		throw error;
	}
}

/** The broker of a run behind that file; `make` makes the run. Throws UsageError. */
export async function serveGuarded(path: string, make: (broker: BrokerOptions) => Live) {
	const configuration = readConfiguration(path);
	let live: Live | undefined;
	const service = await openService({
		configuration,
		// What happens at the door is no part of what a run tells.
		tell: () => {},
		house(broker) {
			const made = make(broker);
			live = made;
			const { pace, simulation } = made.stage;
			return {
				get broker() {
					return simulation.world.broker;
				},
				served: made.served,
				enter: run => pace.enter(run),
			};
		},
	});
	const endpoints = configuration.entrances.map((entrance, i) => destinationOf(entrance, service.ports[i]!));
	const urls = endpoints.map(describeEndpoint);
	const note = urls.slice(1).map(url => `, ${url}`);
	return { live: live!, endpoint: endpoints[0]!, urls, note: note.join(""), listener: service };
}

/** How clients come in there. */
export function destinationOf(
	{ host, tls, webSocket }: Pick<Entrance, "host" | "tls" | "webSocket">,
	port: number,
): Destination {
	const scheme = webSocket ? (tls === undefined ? "ws" : "wss") : tls === undefined ? undefined : "mqtts";
	return { host, port, ...(scheme !== undefined && { scheme }), ...(webSocket && { path: PATH }) };
}
