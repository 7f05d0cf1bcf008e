// thimble broker: the embedded broker alone, from a configuration file, until a signal comes.

import { UsageError } from "../fleet/scenario.js";
import { type Entrance, readConfiguration, withoutFile } from "../security/configuration.js";
import type { Service, Told } from "../security/service.js";
import { plain } from "../sentence.js";
import { BROKER_ALONE } from "./commands.js";
import { describeEndpoint } from "./endpoint.js";
import { FINE } from "./errand.js";
import { Flags } from "./flags.js";
import { helpText } from "./help.js";
import { destinationOf, openService } from "./service.js";
import { Stop } from "./stop.js";

const PORT = 1883;

/** Returns the exit code; throws UsageError. */
export async function broker(args: readonly string[]): Promise<number> {
	const flags = new Flags(BROKER_ALONE.options["Options"]!, args);
	if (flags.has("--help")) {
		process.stdout.write(helpText(BROKER_ALONE));
		return FINE;
	}
	if (flags.rest.length > 0) throw new UsageError(`too many arguments: ${flags.rest.join(" ")}`);
	flags.atMostOne("-c", "--check", "-p");
	const check = flags.text("--check");
	if (check !== undefined) {
		readConfiguration(check);
		console.log("fine");
		return FINE;
	}
	const path = flags.text("-c");
	const configuration =
		path === undefined ? withoutFile(flags.integer("-p", 0, 65_535) ?? PORT) : readConfiguration(path);
	const metricsMs = flags.milliseconds("--metrics");
	if (metricsMs === 0) throw new UsageError("--metrics: expected more than 0 seconds");
	const tell = flags.has("--json") ? tellJson : tellText;
	const stop = new Stop();
	const service = await openService({ configuration, tell, ...(metricsMs !== undefined && { metricsMs }) });
	for (const [i, entrance] of configuration.entrances.entries())
		tell({
			event: "listening",
			url: describeEndpoint(destinationOf(entrance, service.ports[i]!)),
			who: whoOf(entrance),
		});
	if (path !== undefined) process.on("SIGHUP", () => reload(service, path, tell));
	await stop.when();
	await service.close();
	tell({ event: "stopped" });
	return FINE;
}

/** What cannot be read changes nothing. */
function reload(service: Service, path: string, tell: (event: Told) => void): void {
	try {
		service.reload(readConfiguration(path));
		tell({ event: "reloaded" });
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		tell({ event: "not reloaded", why: error.message });
	}
}

function tellJson(event: Told): void {
	process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
}

function tellText({ event, ...rest }: Told): void {
	const said = Object.entries(rest).filter(([, value]) => value !== undefined);
	const words = said.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
	process.stdout.write(`${new Date().toISOString()} ${plain([event, ...words].join(" "))}\n`);
}

function whoOf({ anonymous, naming }: Entrance): string {
	if (naming !== undefined) return "clients with a certificate";
	return anonymous ? "everybody" : "users";
}
