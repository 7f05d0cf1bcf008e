// A wire between clients and a server that shows what goes over it, and can be cut: a TCP proxy of a few lines.

import { connect, createServer, type Server, type Socket } from "node:net";
import { type Packet, parser } from "mqtt-packet";

export class Tap {
	/** What the clients have sent. */
	readonly sent: Buffer[] = [];
	/** What the server has sent. */
	readonly received: Buffer[] = [];
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	#isCut = false;
	#left = Number.POSITIVE_INFINITY;
	#swallowed: readonly Buffer[] | undefined;

	private constructor(port: number) {
		this.#server = createServer({ noDelay: true }, client => {
			if (this.#isCut) client.destroy();
			else this.#join(client, connect({ port, host: "127.0.0.1", noDelay: true }));
		});
	}

	/** To the server at this port. */
	static start(port: number): Promise<Tap> {
		const tap = new Tap(port);
		return new Promise((resolve, reject) => {
			tap.#server.once("error", reject);
			tap.#server.listen(0, "127.0.0.1", () => resolve(tap));
		});
	}

	get port(): number {
		return (this.#server.address() as { port: number }).port;
	}

	/** Ends what there is, and lets nobody through until mend(). */
	cut(): void {
		this.#isCut = true;
		for (const socket of this.#sockets) socket.destroy();
	}

	/** Lets that many more bytes through, of both sides together, and then cuts. */
	cutAfter(count: number): void {
		this.#left = count;
	}

	/** Until mend(), what the clients send, or what the server sends, does not arrive. */
	swallow(what: "sent" | "received"): void {
		this.#swallowed = this[what];
	}

	mend(): void {
		this.#isCut = false;
		this.#swallowed = undefined;
		this.#left = Number.POSITIVE_INFINITY;
	}

	close(): Promise<void> {
		this.cut();
		return new Promise(resolve => this.#server.close(() => resolve()));
	}

	#join(client: Socket, server: Socket): void {
		for (const [from, to, record] of [
			[client, server, this.sent],
			[server, client, this.received],
		] as const) {
			this.#sockets.add(from);
			from.on("data", bytes => {
				const part = bytes.subarray(0, this.#left);
				this.#left -= bytes.length;
				record.push(part);
				if (this.#swallowed === record) return;
				if (this.#left > 0) to.write(part);
				else {
					this.#isCut = true;
					to.end(part);
					from.destroy();
				}
			});
			from.on("error", () => {});
			from.on("close", () => {
				this.#sockets.delete(from);
				to.destroySoon();
			});
		}
	}
}

/** The packets of one direction, as another codec than ours reads them; no connection may have ended within one. */
export function packetsOf(chunks: readonly Buffer[]): Packet[] {
	const packets: Packet[] = [];
	const reader = parser({ protocolVersion: 5 });
	reader.on("packet", packet => packets.push(packet));
	reader.parse(Buffer.concat(chunks));
	return packets;
}
