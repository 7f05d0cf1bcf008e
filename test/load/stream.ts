// Messages from some publishers to one subscriber, as fast as the broker carries them. A message is under way until its publisher and the
// subscriber both have what is theirs, so that none queue anywhere and the rate is one that the broker can keep up.

import { sleep } from "../support/mosquitto.js";
import { publish, Speaker } from "./speaker.js";

/** How long nothing may come before what has not come is lost. */
const QUIET_MS = 3000;
const LOOK_MS = 5;

export interface StreamOptions {
	readonly port: number;
	readonly publishers: number;
	readonly qos: 0 | 1 | 2;
	/** Messages under way of each. */
	readonly window: number;
	/** Of each payload: 8 or more. */
	readonly bytes: number;
}

/** One that publishes. */
interface Source {
	speaker: Speaker | undefined;
	readonly message: ReturnType<typeof publish>;
	sent: number;
	settled: number;
	arrived: number;
	/** The number of the last one that has arrived. */
	last: number;
}

export class Stream {
	/** Messages that have come, in all. */
	arrived = 0;
	/** Those that came again or late, and connections that broke. */
	faults = 0;
	readonly #options: StreamOptions;
	readonly #sources: Source[];
	#subscriber: Speaker | undefined;
	#isFlowing = false;

	private constructor(options: StreamOptions) {
		this.#options = options;
		this.#sources = Array.from({ length: options.publishers }, (_, number) => {
			const payload = Buffer.alloc(options.bytes);
			payload.writeUInt32BE(number, 0);
			return {
				speaker: undefined,
				message: publish(`load/${number}`, payload, options.qos),
				sent: 0,
				settled: 0,
				arrived: 0,
				last: 0,
			};
		});
	}

	/** Everybody is in, and nothing is said yet. */
	static async open(options: StreamOptions): Promise<Stream> {
		const stream = new Stream(options);
		const gone = () => {
			stream.faults += 1;
		};
		const refill = () => {
			for (const source of stream.#sources) stream.#pump(source);
		};
		stream.#subscriber = await Speaker.open(options.port, "load-all", {
			message: (bytes, at) => stream.#handleMessage(bytes, at),
			heard: refill,
			gone,
		});
		await stream.#subscriber.subscribe("load/+", options.qos);
		for (const [i, source] of stream.#sources.entries())
			source.speaker = await Speaker.open(options.port, `load-${i}`, {
				settled: () => {
					source.settled += 1;
				},
				heard: () => stream.#pump(source),
				gone,
			});
		return stream;
	}

	/** Lets messages flow, until drain(). */
	flow(): void {
		this.#isFlowing = true;
		for (const source of this.#sources) this.#pump(source);
	}

	/** Stops, waits for what is under way, and says goodbye. Resolves to how many messages have been lost. */
	async drain(): Promise<number> {
		this.#isFlowing = false;
		const count = () => this.#sources.reduce((sum, source) => sum + this.#underWay(source), 0);
		let underWay = count();
		for (let since = performance.now(); underWay > 0 && performance.now() - since < QUIET_MS; ) {
			await sleep(LOOK_MS);
			if (count() === underWay) continue;
			underWay = count();
			since = performance.now();
		}
		for (const { speaker } of this.#sources) speaker!.close();
		this.#subscriber!.close();
		return this.#sources.reduce((lost, { arrived, sent }) => lost + sent - arrived, 0);
	}

	#underWay({ arrived, sent, settled }: Source): number {
		return sent - (this.#options.qos === 0 ? arrived : Math.min(arrived, settled));
	}

	#pump(source: Source): void {
		const { qos, window } = this.#options;
		const { idAt, packet, payloadAt } = source.message;
		while (this.#isFlowing && this.#underWay(source) < window) {
			const next = Buffer.from(packet);
			if (qos > 0) next.writeUInt16BE((source.sent % 65_535) + 1, idAt);
			source.sent += 1;
			next.writeUInt32BE(source.sent, payloadAt + 4);
			source.speaker!.say(next);
		}
	}

	#handleMessage(bytes: Buffer, at: number): void {
		const source = this.#sources[bytes.readUInt32BE(at)]!;
		// Messages of a topic keep their order [MQTT-4.6.0-6].
		const number = bytes.readUInt32BE(at + 4);
		if (number <= source.last) this.faults += 1;
		source.last = number;
		source.arrived += 1;
		this.arrived += 1;
	}
}
