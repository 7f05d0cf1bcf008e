// The buttons of a lesson: what the page does at its broker, and what it asks the simulator for.

import type { PublishOptions, SubscribeOptions } from "../../../firmware/mqtt/client.js";
import { CONTENT_TYPE, MESSAGE_EXPIRY_INTERVAL, properties, USER_PROPERTY } from "../../../firmware/mqtt/property.js";
import type { Action } from "./lesson.js";

/** The page at the lesson's broker, and its line to the simulator. */
export interface Stage {
	publish(topic: string, payload: Uint8Array, options: PublishOptions): unknown;
	subscribe(filter: string, options: SubscribeOptions): { end(): void };
	/** In the words of a scenario's timeline, without `at`. */
	strike(fault: { readonly fault: string }): unknown;
}

export class Actor {
	readonly #stage: Stage;
	readonly #subscriptions = new Map<string, { end(): void }>();

	constructor(stage: Stage) {
		this.#stage = stage;
	}

	do(actions: readonly Action[]): void {
		for (const action of actions) this.#do(action);
	}

	#do(action: Action): void {
		if ("fault" in action) this.#stage.strike(action);
		else if ("publish" in action) {
			const { payload, publish, qos, retain = false } = action;
			this.#stage.publish(publish, new TextEncoder().encode(payload), { qos, retain, ...blockOf(action) });
		} else if ("subscribe" in action) {
			const { qos, subscribe: filter } = action;
			// Asked for once more, it is a SUBSCRIBE once more: retained messages come again.
			this.#subscriptions.get(filter)?.end();
			this.#subscriptions.set(filter, this.#stage.subscribe(filter, { qos }));
		} else {
			for (const subscription of this.#subscriptions.values()) subscription.end();
			this.#subscriptions.clear();
		}
	}
}

function blockOf({ properties: given }: Extract<Action, { publish: string }>): Pick<PublishOptions, "properties"> {
	if (given === undefined) return {};
	const { contentType, expiry, user } = given;
	return {
		properties: properties(
			...(contentType === undefined ? [] : [[CONTENT_TYPE, contentType] as const]),
			...(expiry === undefined ? [] : [[MESSAGE_EXPIRY_INTERVAL, expiry] as const]),
			...(user === undefined ? [] : [[USER_PROPERTY, ...user] as const]),
		),
	};
}
