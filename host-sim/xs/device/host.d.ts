// The engine host's functions, see engine/device.c. Handles are small integers from 1.

declare function socketOpen(socket: object, address: string, port: number): number;
/** Methods of a socket. */
declare function socketRead(this: object, view: Uint8Array): number;
declare function socketWrite(this: object, view: Uint8Array): number;
declare function socketClose(handle: number): void;
declare function resolverOpen(resolver: object): number;
declare function resolverAsk(handle: number, host: string): void;
declare function resolverClose(handle: number): void;
declare function timerOpen(timer: object): number;
declare function timerSchedule(handle: number, milliseconds: number): void;
declare function timerClose(handle: number): void;
declare function clockNow(): number;
declare function clockWall(): number;
declare function randomNext(): number;
declare function storeRead(key: string): ArrayBuffer | undefined;
declare function storeWrite(key: string, value: ArrayBuffer): void;
declare function storeDelete(key: string): void;
declare function sensorSample(sensor: number, quantities: Float64Array): boolean;
declare function tell(kind: number, a: number, b: number, c: number, bytes?: Uint8Array, count?: number): void;
declare function print(text: string): void;
declare function config(): string;
declare function collectGarbage(): void;
declare function stress(every: number): void;
/** Machine instructions since it was last called: on the bare chip alone, and exact where QEMU counts them. */
declare function retired(): number;
declare function finish(status: number): void;
