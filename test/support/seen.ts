// What is seen of connections, for tests of the page's log: packets by mqtt-packet, in the order that they are said in, a ms each.

import { generate, type Packet } from "mqtt-packet";
import type { Version } from "../../host-sim/checker/statements.js";
import type { Frames } from "../../host-sim/web/live.js";
import type { Item, Line, PacketLine } from "../../host-sim/web/packets/follow.js";
import { Log, type LogOptions } from "../../host-sim/web/packets/log.js";

/** Frames that are never shown: a log is looked at when the test says so. */
export const STILL = { request: () => {} } as unknown as Frames;

export class Talk {
	readonly items: Item[] = [];
	now = 0;
	#order = 0;

	begin(connection: number, peer = "10.0.0.1:5"): this {
		return this.#put({ event: "begin", connection, peer });
	}

	end(connection: number, client?: string, how: "closed" | "reset" = "reset"): this {
		return this.#put({ event: "end", connection, client, by: "client", how });
	}

	/** `client` says this to the broker; of "5.0" where the connection is of that. */
	says(client: string, connection: number, packet: object, version: Version = "3.1.1"): this {
		return this.#packet("client", client, connection, packet, version);
	}

	hears(client: string, connection: number, packet: object, version: Version = "3.1.1"): this {
		return this.#packet("broker", client, connection, packet, version);
	}

	/** A message at QoS 2 in its four packets. */
	exactlyOnce(client: string, connection: number, messageId = 7): this {
		return this.says(client, connection, { ...MESSAGE, qos: 2, messageId })
			.hears(client, connection, { cmd: "pubrec", messageId })
			.says(client, connection, { cmd: "pubrel", messageId })
			.hears(client, connection, { cmd: "pubcomp", messageId });
	}

	connects(
		client: string,
		connection: number,
		more: object = {},
		version: Version = "3.1.1",
		sessionPresent = false,
	): this {
		const protocolVersion = version === "5.0" ? 5 : 4;
		const connect = {
			cmd: "connect",
			protocolId: "MQTT",
			protocolVersion,
			clean: true,
			keepalive: 60,
			clientId: client,
		};
		const connack = version === "5.0" ? { reasonCode: 0 } : { returnCode: 0 };
		return this.says(client, connection, { ...connect, ...more }, version).hears(
			client,
			connection,
			{ cmd: "connack", sessionPresent, ...connack },
			version,
		);
	}

	/** All of it in a log. */
	log(options: LogOptions = {}): Log {
		const log = new Log({ frames: STILL, ...options });
		log.put(this.items);
		return log;
	}

	#packet(from: "client" | "broker", client: string, connection: number, packet: object, version: Version): this {
		const bytes = Uint8Array.from(generate(packet as Packet, { protocolVersion: version === "5.0" ? 5 : 4 }));
		return this.#put({ event: "packet", connection, client, from, bytes, masked: false, partial: false });
	}

	#put(what: object): this {
		this.now += 1;
		this.#order += 1;
		this.items.push({ at: this.now, order: this.#order, ...what } as Item);
		return this;
	}
}

export const MESSAGE = { cmd: "publish", topic: "a/b", payload: "21.5", qos: 0, dup: false, retain: false };

export function packetsIn(lines: readonly Line[]): PacketLine[] {
	return lines.filter(line => line.kind === "packet");
}
