// paho, the Python client of the Eclipse Foundation, in a process of its own (test/interop/peer.py).

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { ConnectOptions, Goodbye, Message, Party, PublishOptions, SubscribeOptions } from "./party.js";

/** Debian's package is in Debian's Python, which need not be the first in the PATH. */
const PYTHON = "/usr/bin/python3";

interface Event {
	event: string;
	number: number;
	sessionPresent: boolean;
	codes: number[];
}

interface Waiting {
	resolve(event: Event): void;
	reject(error: Error): void;
}

export class Paho implements Party {
	readonly name = "paho";
	readonly messages: Message[] = [];
	readonly #arguments: string[];
	readonly #waiting = new Map<number, Waiting>();
	#process: ChildProcessByStdio<Writable, Readable, null> | undefined;
	#number = 0;

	constructor(port: number, version: 4 | 5, clientId: string) {
		this.#arguments = ["test/interop/peer.py", String(port), String(version), clientId];
	}

	async connect({ clean = true, sessionExpiry, will }: ConnectOptions = {}): Promise<boolean> {
		this.#process ??= this.#start();
		const { sessionPresent } = await this.#do("connect", {
			clean,
			properties: sessionExpiry === undefined ? {} : { sessionExpiryInterval: sessionExpiry },
			will: will === undefined ? null : published(will.topic, will.payload, will, will.delay),
		});
		return sessionPresent;
	}

	async subscribe(filter: string, { identifier, qos = 0, ...options }: SubscribeOptions = {}): Promise<number> {
		const properties = identifier === undefined ? {} : { subscriptionIdentifier: identifier };
		const { codes } = await this.#do("subscribe", { filter, qos, ...options, properties });
		return codes[0]!;
	}

	async publish(topic: string, payload: string | Uint8Array, options: PublishOptions = {}): Promise<void> {
		await this.#do("publish", published(topic, payload, options));
	}

	async disconnect({ reason = 0, sessionExpiry }: Goodbye = {}): Promise<void> {
		const properties = sessionExpiry === undefined ? {} : { sessionExpiryInterval: sessionExpiry };
		await this.#do("disconnect", { reason, properties });
	}

	cut(): Promise<void> {
		const child = this.#process;
		this.#process = undefined;
		if (child === undefined || child.exitCode !== null) return Promise.resolve();
		return new Promise(resolve => {
			child.once("exit", () => resolve());
			child.kill("SIGKILL");
		});
	}

	#start(): ChildProcessByStdio<Writable, Readable, null> {
		const child = spawn(PYTHON, this.#arguments, { stdio: ["pipe", "pipe", "inherit"] });
		createInterface(child.stdout).on("line", line => this.#handle(JSON.parse(line)));
		child.once("exit", status => {
			for (const { reject } of this.#waiting.values()) reject(new Error(`paho has ended with status ${status}`));
			this.#waiting.clear();
		});
		return child;
	}

	#handle(event: Event & Omit<Message, "payload"> & { payload: string }): void {
		if (event.event === "message") {
			const { payload, properties, qos, retain, topic } = event;
			this.messages.push({ topic, payload: Buffer.from(payload, "base64"), qos, retain, properties });
			return;
		}
		this.#waiting.get(event.number)?.resolve(event);
		this.#waiting.delete(event.number);
	}

	#do(command: string, more: object): Promise<Event> {
		this.#number += 1;
		const number = this.#number;
		return new Promise((resolve, reject) => {
			this.#waiting.set(number, { resolve, reject });
			this.#process!.stdin.write(`${JSON.stringify({ number, command, ...more })}\n`);
		});
	}
}

function published(topic: string, payload: string | Uint8Array, options: PublishOptions, delay?: number): object {
	const { properties, qos = 0, retain = false } = options;
	const block = delay === undefined ? { ...properties } : { ...properties, willDelayInterval: delay };
	return { topic, payload: Buffer.from(payload as Uint8Array).toString("base64"), qos, retain, properties: block };
}
