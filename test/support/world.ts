// The simulator's own world, with a log of what its broker saw.

import { Agent, type AgentOptions } from "../../firmware/device/agent.js";
import { Client, type ClientOptions } from "../../firmware/mqtt/client.js";
import { World, type WorldOptions } from "../../host-sim/testing.js";

export class TestWorld extends World {
	readonly log: string[];

	constructor(options: WorldOptions = {}) {
		const log: string[] = [];
		super({
			wallMs: Date.UTC(2026, 0, 15, 12),
			...options,
			broker: {
				...options.broker,
				on: {
					connected: (id, _peer, present) => log.push(`connected ${id}${present ? " again" : ""}`),
					disconnected: (id, _peer, why) => log.push(`disconnected ${id} ${why}`),
					published: ({ topic, payload, retain }) =>
						log.push(`publish ${topic} ${payload}${retain ? " retained" : ""}`),
					violated: ({ clientId, sentence, statement }) => log.push(`violated ${clientId} ${statement} ${sentence}`),
				},
			},
		});
		this.log = log;
	}

	/** Takes what happened since the last call. */
	told(): string[] {
		return this.log.splice(0);
	}

	client(clientId: string, options: Partial<ClientOptions> = {}): Client {
		return new Client({ clientId, ...this.collaborators(clientId), ...options });
	}

	agent(deviceId: string, options: Partial<AgentOptions> = {}): Agent {
		const sensor = {
			configure() {},
			sample: () => ({ temperature: 21.5, humidity: 0.4, pressure: 101_300 }),
			close() {},
		};
		return new Agent({ deviceId, sensors: [sensor], ...this.board(deviceId), ...options });
	}

	/** The link that stands under that name. */
	override link(name: string) {
		const link = super.link(name);
		if (link === undefined) throw new Error(`${name} has no link`);
		return link;
	}
}
