// A board whose firmware is one of several images: which of them runs, the boot loader of its partitions says. With a toy in the
// place of hash and signature, so that it runs on any engine: nobody here forges anything but on purpose.

import { Agent } from "../../firmware/device/agent.js";
import type { Duty } from "../../firmware/device/duty.js";
import { type Offer, signedText, toHex } from "../../firmware/device/offer.js";
import type { UpdateOptions } from "../../firmware/device/terms.js";
import { Update } from "../../firmware/device/update.js";
import { Client } from "../../firmware/mqtt/client.js";
import { utf8Bytes } from "../../firmware/mqtt/wire.js";
import { checkSum } from "../../firmware/optional/checksum.js";
import { Depot, type UpdateState } from "../../host-sim/update/depot.js";
import { PowerCut } from "../../host-sim/world/flash.js";
import type { Machine, MachineOptions } from "../../host-sim/world/machine.js";
import { Partitions, type PartitionsOptions } from "../../host-sim/world/partitions.js";
import { World, type WorldOptions } from "../../host-sim/world/world.js";
import { KEY, ToyHash, toySignature, toyVerifier } from "./toysigner.js";

/** Firmware of that version: what it does is in its first bytes, the rest is noise. */
export function imageOf(version: string, size = 10_000, kind: "good" | "crashes" | "deaf" = "good"): Uint8Array {
	const image = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 7) + version.length) & 0xff);
	image.set(utf8Bytes(`${kind} ${version}\n`.padEnd(32)));
	return image;
}

export function offerOf(image: Uint8Array, version: string, more: Partial<Offer> = {}, key = KEY): Offer {
	const hash = new ToyHash();
	hash.write(image);
	const what = {
		device: "thimble",
		version,
		size: image.length,
		sha256: toHex(hash.close()),
		issue: 1,
		downgrade: false,
	};
	const whole = { ...what, ...more };
	return { ...whole, signature: more.signature ?? toHex(toySignature(key, utf8Bytes(signedText(whole)))) };
}

export interface UpdatedOptions {
	world?: WorldOptions;
	/** A world that is there already, and that somebody else runs. */
	within?: World;
	machine?: MachineOptions;
	partitions?: Partial<PartitionsOptions>;
	update?: Partial<UpdateOptions>;
	/** What the board was shipped with. Default: 1.0.0. */
	image?: Uint8Array;
	limits?: { receive?: number };
	intervalMs?: number;
}

/** The board, a client that offers it something, and what is seen of both. */
export class Updated {
	readonly world: World;
	readonly machine: Machine;
	readonly partitions: Partitions;
	/** Check sums of all images that a boot loader has started, and their versions. */
	readonly booted: string[] = [];
	/** What the board has published of its updates; and which numbers its readings had, by boot. */
	readonly states: UpdateState[] = [];
	readonly readings: string[] = [];
	readonly wants: { at: number; bytes: number; chunk: number }[] = [];
	readonly client: Client;
	depot: Depot | undefined;
	readonly #known = new Map<number, string>();

	constructor(options: UpdatedOptions = {}) {
		const { image = imageOf("1.0.0") } = options;
		this.know(image);
		this.world = options.within ?? new World({ link: { latencyMs: 5 }, ...options.world });
		this.partitions = new Partitions({ image, ...options.partitions });
		this.machine = this.world.machine(
			"b1",
			(machine, io) => {
				const running = this.partitions.boot(machine);
				const name = this.#known.get(checkSum(running, running.length));
				if (name === undefined) throw new Error("the board runs something that nobody has made");
				this.booted.push(name.slice(name.indexOf(" ") + 1));
				if (name.startsWith("crashes")) {
					machine.reset();
					throw new PowerCut();
				}
				const update = new Update({
					version: name.slice(name.indexOf(" ") + 1),
					key: KEY,
					verifier: toyVerifier,
					updater: this.partitions,
					power: {
						resetReason: "unknown",
						restart() {
							machine.reset();
							throw new PowerCut();
						},
					},
					chunkBytes: 256,
					noteBytes: 4096,
					...options.update,
				});
				new Agent({
					deviceId: "b1",
					host: name.startsWith("deaf") ? "nobody" : this.world.host,
					sensors: [{ configure() {}, sample: () => ({ temperature: 20 }), close() {} }],
					duties: [update as Duty],
					...(options.limits !== undefined && { limits: options.limits }),
					...(options.intervalMs !== undefined && { intervalMs: options.intervalMs }),
					io,
				}).start();
			},
			options.machine,
		);
		this.client = new Client({
			clientId: "depot",
			...this.world.collaborators("depot"),
			limits: { receive: 2048, send: 2048, outbox: 32_768, messages: 100, topics: 16, topicBytes: 1024 },
		});
		this.client.subscribe("thimble/b1/telemetry", message => {
			const { boot, seq } = JSON.parse(message.text()!);
			this.readings.push(`${boot}.${seq}`);
		});
		this.client.open();
		// By another client: of two subscriptions of one to the same topic, the later one counts.
		const observer = new Client({ clientId: "observer", ...this.world.collaborators("observer") });
		observer.subscribe("thimble/b1/update/state", message => this.states.push(JSON.parse(message.text()!)));
		observer.subscribe("thimble/b1/update/want", message => this.wants.push(JSON.parse(message.text()!)));
		observer.open();
		if (options.within === undefined) this.world.run(100);
	}

	/** That image is one that a boot loader may start. */
	know(image: Uint8Array): void {
		const text = String.fromCharCode(...image.subarray(0, 32)).trim();
		this.#known.set(checkSum(image, image.length), text);
	}

	/** Offers it, and gives the board what it asks for. */
	offer(image: Uint8Array, offer: Offer): void {
		this.know(image);
		this.depot = new Depot({ client: this.client, image, offer });
		this.depot.add("b1");
	}

	/** What the board has said, without its progress. */
	get said(): string[] {
		const said = this.states.map(({ reason, running, state, version }) =>
			[state, version ?? "", `on ${running}`, reason ?? ""].filter(word => word !== "").join(" "),
		);
		return said.filter((line, i) => line !== said[i - 1]);
	}

	get last(): UpdateState | undefined {
		return this.states.at(-1);
	}
}
