// The shapes of firmware/io.ts on the engine host's functions: what firmware/port is on a board.

import type {
	Clock,
	KeyValue,
	Random,
	ResolveOptions,
	Resolver,
	Sample,
	Sensor,
	Socket,
	SocketOptions,
	Timer,
	TimerOptions,
} from "../../../firmware/io.js";

/** Reads and writes in C, as the SDK's socket does: a method of ours around each would be charged to the client. */
export class EngineSocket implements Socket {
	declare readonly read: Socket["read"];
	declare readonly write: Socket["write"];
	readonly target: unknown;
	readonly onReadable: SocketOptions["onReadable"];
	readonly onWritable: SocketOptions["onWritable"];
	readonly onError: SocketOptions["onError"];
	handle: number;

	constructor(options: SocketOptions) {
		this.target = options.target;
		this.onReadable = options.onReadable;
		this.onWritable = options.onWritable;
		this.onError = options.onError;
		this.handle = socketOpen(this, options.address, options.port);
	}

	close(): void {
		socketClose(this.handle);
		this.handle = 0;
	}
}

Object.freeze(Object.assign(EngineSocket.prototype, { read: socketRead, write: socketWrite }));

export class EngineTimer implements Timer {
	readonly target: unknown;
	readonly onTimer: TimerOptions["onTimer"];
	readonly handle: number;

	constructor(options: TimerOptions) {
		this.target = options.target;
		this.onTimer = options.onTimer;
		this.handle = timerOpen(this);
	}

	schedule(milliseconds: number): void {
		timerSchedule(this.handle, milliseconds);
	}

	close(): void {
		timerClose(this.handle);
	}
}

Object.freeze(EngineTimer.prototype);

export class EngineResolver implements Resolver {
	readonly handle: number;
	options: ResolveOptions | undefined = undefined;

	constructor() {
		this.handle = resolverOpen(this);
	}

	resolve(options: ResolveOptions): void {
		this.options = options;
		resolverAsk(this.handle, options.host);
	}

	/** The host calls it. */
	handleAddress(address: string): void {
		this.options!.onResolved(this.options!.host, address);
	}

	/** The host calls it. */
	onError(): void {
		this.options!.onError();
	}

	close(): void {
		resolverClose(this.handle);
	}
}

Object.freeze(EngineResolver.prototype);

export class EngineClock implements Clock {
	now(): number {
		return clockNow();
	}

	wall(): number {
		return clockWall();
	}
}

Object.freeze(EngineClock.prototype);

export class EngineRandom implements Random {
	next(): number {
		return randomNext();
	}
}

Object.freeze(EngineRandom.prototype);

export class EngineStore implements KeyValue {
	read(key: string): ArrayBuffer | undefined {
		return storeRead(key);
	}

	write(key: string, value: ArrayBuffer): void {
		storeWrite(key, value);
	}

	delete(key: string): void {
		storeDelete(key);
	}

	close(): void {}
}

Object.freeze(EngineStore.prototype);

/** A sensor of the simulated world, by number. */
export class EngineSensor implements Sensor {
	readonly number: number;
	readonly quantities = new Float64Array(3);

	constructor(number: number) {
		this.number = number;
	}

	configure(): void {}

	sample(): Sample | undefined {
		const quantities = this.quantities;
		if (!sensorSample(this.number, quantities)) return undefined;
		return { temperature: quantities[0]!, humidity: quantities[1]!, pressure: quantities[2]! };
	}

	close(): void {}
}

Object.freeze(EngineSensor.prototype);
