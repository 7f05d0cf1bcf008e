// A socket that hands on only as much as there is room for. Some brokers send all that a session has kept in one go, whatever
// the window is (mosquitto 2.0.11 does after a reconnect, at 5.0 too): more than a client can hold would end the connection, and
// the next one in the same way. What is not read waits in the sockets, and slows the broker down. A broker that keeps to a window
// does not notice.

import type { SocketConstructor, SocketOptions } from "../../firmware/io.js";

/** The shortest PUBLISH that is acknowledged: head, a topic of one character, packet id. */
const SHORTEST = 7;
export class Valve {
	readonly #room: () => number;
	#pass: () => void = () => {};

	/** `room` tells how many messages there is room for. */
	constructor(room: () => number) {
		this.#room = room;
	}

	/** There is more room than there was. */
	handleRoom(): void {
		this.#pass();
	}

	/** The same sockets, behind this valve. */
	around(io: SocketConstructor): SocketConstructor {
		const room = this.#room;
		const connect = (pass: () => void) => {
			this.#pass = pass;
		};
		class Throttled extends io {
			readonly #options: SocketOptions;
			/** Bytes that have come and have not been read. */
			#waiting = 0;
			#isPassing = false;

			constructor(options: SocketOptions) {
				super({
					...options,
					onReadable(count) {
						(this as Throttled).handleWaiting(count);
					},
				});
				this.#options = options;
				connect(() => this.#hand());
			}

			handleWaiting(count: number): void {
				this.#waiting = count;
				this.#hand();
			}

			override read(view: Uint8Array): unknown {
				this.#waiting -= view.length;
				// The client had paused, and goes on by itself: it knows only of a part.
				if (!this.#isPassing) queueMicrotask(() => this.#hand());
				return super.read(view);
			}

			override close(): void {
				this.#waiting = 0;
				super.close();
			}

			#hand(): void {
				if (this.#isPassing) return;
				this.#isPassing = true;
				while (this.#waiting > 0) {
					const before = this.#waiting;
					const messages = room();
					// What is too short for a message gets through: the answer to a ping does not wait for a slow target.
					if (messages <= 0 && before >= SHORTEST) break;
					this.#options.onReadable?.call(this, Math.min(before, Math.max(1, messages) * SHORTEST));
					if (this.#waiting === before) break;
				}
				this.#isPassing = false;
			}
		}
		return Throttled;
	}
}
