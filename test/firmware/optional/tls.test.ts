// TLS around an engine that is told what to do: nothing leaves before all is encrypted and checked, and whatever goes wrong
// ends with a code and without an exception.

import { describe, expect, it } from "vitest";
import { OK } from "../../../firmware/mqtt/error.js";
import { Names } from "../../../firmware/optional/names.js";
import { type Engine, type Records, secureSocket } from "../../../firmware/optional/tls.js";
import { CERTIFICATE_REFUSED } from "../../../firmware/optional/trust.js";
import { Listener, type ScriptedSocket, scripted, settled } from "../../support/scripted.js";

const record = (type: number, body: number[]) => [type, 3, 3, body.length >> 8, body.length & 255, ...body];
const message = (type: number, ...body: number[]) => [type, 0, 0, body.length, ...body];
const keyMessage = message(12, 3, 0, 23, 0, 4, 3, 0, 8, 0x30, 6, 2, 1, 5, 2, 1, 6);
const greeting = (withRequest = false) =>
	record(22, [
		...message(2, 7),
		...message(11, 7),
		...keyMessage,
		...(withRequest ? message(13, 1) : []),
		...message(14),
	]);
const encrypts = record(20, [1]);

/**
 * An engine that reads whatever comes: in the handshake it goes on as `script` says, behind it a record is its length and as
 * many bytes, each one more than what is meant.
 */
class Scripted implements Engine {
	handshakeProcess = -1;
	alert: { description: number } | undefined = undefined;
	clientCipher: unknown = undefined;
	serverCipher: unknown = undefined;
	#bytes: number[] = [];
	closes = 0;

	readonly script: (engine: Scripted, check: () => boolean) => boolean;
	readonly check: () => boolean;

	constructor(script: Scripted["script"], check: () => boolean) {
		this.script = script;
		this.check = check;
	}

	initiateHandshake(): void {
		this.handshakeProcess = 0;
	}

	handshake(records: Records): boolean {
		if (this.handshakeProcess === 0) {
			records.write(new Uint8Array([1, 2, 3]));
			this.handshakeProcess = -1;
			return false;
		}
		if (records.readable === 0) return false;
		this.take(records);
		return this.script(this, this.check);
	}

	read(records: Records): Uint8Array | undefined | null {
		while (this.#missing > 0 && records.readable > 0) this.take(records);
		if (this.#missing > 0) return undefined;
		const said = this.#bytes.splice(0).slice(1);
		if (said[0] === 0xee) throw new Error("bad record");
		if (said[0] === 0xff) return null;
		return new Uint8Array(said.map(byte => byte - 1));
	}

	write(records: Records, bytes: Uint8Array): void {
		records.write(new Uint8Array([bytes.length, ...Array.from(bytes, byte => byte + 1)]));
	}

	close(records: Records): void {
		this.closes += 1;
		records.write(new Uint8Array([0]));
	}

	/** No more than what is missing of a record, as the SDK's. */
	take(records: Records): void {
		const isRecord = this.serverCipher !== undefined;
		const view = new Uint8Array(isRecord ? Math.min(this.#missing, records.readable) : records.readable);
		records.read(view);
		records.readable -= view.length;
		if (isRecord) this.#bytes.push(...view);
	}

	get #missing(): number {
		return this.#bytes.length === 0 ? 1 : this.#bytes[0]! + 1 - this.#bytes.length;
	}
}

function succeed(engine: Scripted, check: () => boolean): boolean {
	if (!check()) throw new Error("certificate");
	engine.clientCipher = {};
	engine.serverCipher = {};
	engine.handshakeProcess = 20;
	return true;
}

interface Bench {
	listener: Listener;
	below: ScriptedSocket;
	engine: Scripted;
	names: string[];
	socket: InstanceType<ReturnType<typeof secureSocket>>;
}

function make(script = succeed, verdict = OK): Bench {
	const { io, sockets } = scripted();
	const names: string[] = [];
	let engine: Scripted | undefined;
	const Secure = secureSocket({
		socket: { io },
		names: new Names(),
		engine(name, check) {
			names.push(name);
			engine = new Scripted(script, () => check([new Uint8Array([1])]));
			return engine;
		},
		trust: {
			check(shown, name) {
				names.push(`${shown.length} for ${name}`);
				return verdict;
			},
		},
	});
	const listener = new Listener();
	const socket = new Secure(listener.options());
	return { listener, below: sockets[0]!, engine: engine!, names, socket };
}

function stand(bench = make()): Bench {
	bench.below.open();
	bench.below.receive([...greeting(), ...encrypts]);
	expect(bench.listener.told).toEqual(["writable"]);
	bench.below.sent();
	return bench;
}

describe("a connection", () => {
	it("stands when both sides are encrypted and the certificates have been checked, for the name that was looked up", () => {
		const { below, listener, names, socket } = make();
		expect(below.options).toMatchObject({ address: "10.0.0.1", port: 8883 });
		expect(socket.target).toBe(listener);
		expect(() => socket.write(new Uint8Array(1))).toThrow("would block");
		below.open();
		expect(below.sent()).toEqual([1, 2, 3]);
		expect(listener.told).toEqual([]);
		expect(() => socket.write(new Uint8Array(1))).toThrow("would block");
		below.receive([...greeting(), ...encrypts]);
		expect(listener.told).toEqual(["writable"]);
		expect(names).toEqual(["10.0.0.1", "1 for 10.0.0.1"]);
		expect(listener.room).toBe(4096 - 3 - 29);
	});

	it("takes what there is room for, and gives what it says back", () => {
		const { below, listener, socket } = stand();
		expect(socket.write(new Uint8Array([5, 6]))).toBe(4096 - 3 - 3 - 29);
		expect(below.sent()).toEqual([2, 6, 7]);
		expect(() => socket.write(new Uint8Array(5000))).toThrow("would block");
		below.receive([2, 11, 12]);
		expect(listener.read).toEqual([10, 11]);
	});

	it("gives several records one after the other, and one that is not read waits", async () => {
		const bench = stand();
		bench.listener.appetite = 1;
		bench.below.receive([2, 11, 12, 1, 21, 1]);
		expect(bench.listener.read).toEqual([10]);
		bench.listener.appetite = 9;
		const view = new Uint8Array(1);
		bench.socket.read(view);
		expect(view[0]).toBe(11);
		expect(bench.listener.read).toEqual([10]);
		await settled();
		expect(bench.listener.read).toEqual([10, 20]);
		expect(() => bench.socket.read(view)).toThrow("invalid");
		bench.below.receive([31]);
		expect(bench.listener.read).toEqual([10, 20, 30]);
	});

	it("waits for room with what the handshake has to say, and with the rest", () => {
		const { below, listener } = make();
		below.open(2);
		expect(below.sent()).toEqual([1, 2]);
		below.open(100);
		expect(below.sent()).toEqual([3]);
		below.receive([...greeting(), ...encrypts]);
		expect(listener.told).toEqual(["writable"]);
		below.open(29);
		expect(listener.told).toEqual(["writable"]);
		below.open(30);
		expect(listener.room).toBe(1);
	});

	it("tells the end after all that was said, once", async () => {
		const { below, listener, socket } = stand();
		listener.appetite = 0;
		below.receive([1, 11]);
		below.end();
		expect(listener.told).toEqual(["writable"]);
		socket.read(new Uint8Array(1));
		await settled();
		expect(listener.told).toEqual(["writable", "error -"]);
		below.end();
		await settled();
		expect(listener.told.length).toBe(2);
	});

	it("ends without a code where the server says goodbye, and with one where a record is not what it should be", () => {
		const goodbye = stand();
		goodbye.below.receive([1, 0xff]);
		expect(goodbye.listener.told).toEqual(["writable", "error -"]);
		const broken = stand();
		broken.below.receive([1, 0xee]);
		expect(broken.listener.told).toEqual(["writable", "error 40"]);
	});

	it("says goodbye itself, and nothing follows", async () => {
		const { below, engine, listener, socket } = stand();
		socket.close();
		socket.close();
		expect(engine.closes).toBe(1);
		expect(below.sent()).toEqual([0]);
		expect(below.isClosed).toBe(true);
		below.end();
		below.open();
		await settled();
		expect(listener.told).toEqual(["writable"]);
		expect(() => socket.write(new Uint8Array(1))).toThrow("closed");
		expect(() => socket.read(new Uint8Array(1))).toThrow("closed");
	});
});

describe("no connection comes about", () => {
	const fails = (bench: Bench, bytes: number[], error: string) => {
		bench.below.open();
		bench.below.sent();
		bench.below.receive(bytes);
		expect(bench.listener.told).toEqual([error]);
		expect(() => bench.socket.write(new Uint8Array(1))).toThrow();
		expect(bench.below.sent()).toEqual([]);
		bench.socket.close();
		expect(bench.engine.closes).toBe(0);
	};

	it("where the certificates do not hold: with the code of why", () => {
		fails(make(succeed, CERTIFICATE_REFUSED), greeting(), "error 42");
	});

	it("where the engine would go on with certificates that do not hold, or that nobody has checked", () => {
		const careless = (engine: Scripted, check: () => boolean) => {
			check();
			return succeed(engine, () => true);
		};
		fails(make(careless, CERTIFICATE_REFUSED), [...greeting(), ...encrypts], "error 42");
		fails(
			make(engine => succeed(engine, () => true)),
			[...greeting(), ...encrypts],
			"error 40",
		);
	});

	it("where the server ends it at once, which the engine takes for done", () => {
		const ended = (engine: Scripted) => {
			engine.alert = { description: 0 };
			return true;
		};
		fails(make(ended), record(21, [1, 0]), "error 40");
	});

	it.each(["clientCipher", "serverCipher"] as const)("where there is no %s", missing => {
		const half = (engine: Scripted, check: () => boolean) => {
			succeed(engine, check);
			engine[missing] = undefined;
			return true;
		};
		fails(make(half), [...greeting(), ...encrypts], "error 40");
	});

	it("where the engine is done before the server has finished, or encrypted", () => {
		const early = (engine: Scripted, check: () => boolean) => {
			succeed(engine, check);
			engine.handshakeProcess = 14;
			return true;
		};
		fails(make(early), [...greeting(), ...encrypts], "error 40");
		fails(make(), greeting(), "error 40");
	});

	it("where the server's messages are out of their order, which the engine never sees", () => {
		let seen = 0;
		const counting = () => {
			seen += 1;
			return false;
		};
		fails(make(counting), record(22, message(14)), "error 40");
		expect(seen).toBe(0);
	});

	it.each([
		[42, "error 44"],
		[48, "error 44"],
		[116, "error 44"],
		[40, "error 40"],
		[70, "error 40"],
	])("where the server complains with %i", (description, error) => {
		const complained = (engine: Scripted) => {
			engine.alert = { description };
			throw new Error("alert");
		};
		fails(make(complained), record(21, [2, description]), error);
	});

	it("where the server has asked for a certificate of ours and got none", () => {
		let calls = 0;
		const complained = (engine: Scripted) => {
			calls += 1;
			if (calls === 1) return false;
			engine.alert = { description: 40 };
			throw new Error("alert");
		};
		const bench = make(complained);
		bench.below.open();
		bench.below.receive(greeting(true));
		bench.below.receive(record(21, [2, 40]));
		expect(bench.listener.told).toEqual(["error 44"]);
	});

	it("where the link breaks: as TLS that failed if it stood, and as it is if not", () => {
		const unreachable = make();
		unreachable.below.end();
		expect(unreachable.listener.told).toEqual(["error -"]);
		const broken = make();
		broken.below.open();
		broken.below.end();
		expect(broken.listener.told).toEqual(["error 40"]);
		const told = make();
		told.below.end({ code: 0x45 });
		expect(told.listener.told).toEqual(["error 45"]);
	});
});
