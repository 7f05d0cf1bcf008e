// Modules of the Moddable SDK that the typings on the npm registry lack, as far as the port uses them. mcconfig has the
// SDK's own typings and never sees this file.

declare module "embedded:network/interface/wifi" {
	export default class WiFi {
		constructor(options: { onChanged?: (property: "connection" | "address") => void });
		close(): void;
		connect(options: { SSID: string; password?: string }): void;
		readonly connection: number;
	}
}

declare module "embedded:storage/key-value" {
	export class Storage {
		close(): void;
		delete(key: string): void;
		read(key: string): ArrayBuffer | string | number | bigint | undefined;
		write(key: string, value: ByteBuffer): void;
	}
	const KeyValueStorage: { open(options: { path: string; format: "buffer" }): Storage };
	export default KeyValueStorage;
}

type ByteBuffer = ArrayBuffer | Uint8Array;

declare module "crypt" {
	export class Digest {
		constructor(type: "SHA256");
		write(message: ByteBuffer): void;
		close(): ArrayBuffer;
		reset(): void;
	}
}

declare module "embedded:storage/flash" {
	export class Flash {
		close(): void;
		eraseBlock(start: number, end?: number): void;
		read(byteLength: number, byteOffset: number): ArrayBuffer;
		read(buffer: ByteBuffer, byteOffset: number): number;
		write(buffer: ByteBuffer, byteOffset: number): void;
		status(): { size: number; blockLength: number };
	}
	const FlashStorage: { open(options: { path: "nextota" }): Flash };
	export default FlashStorage;
}

declare module "embedded:update" {
	import type { Flash } from "embedded:storage/flash";
	export interface Updater {
		close(): void;
		complete(): void;
		write(bytes: ByteBuffer): void;
	}
	const Update: { open(options: { partition: Flash; mode: "a" }): Updater };
	export default Update;
}

/** What a board has: the SDK's global, as far as sensors want it. A board without buses has none of it. */
declare const device: {
	readonly io: {
		readonly Analog: new (options: { pin: number }) => { readonly resolution: number; read(): number; close(): void };
		readonly I2C: unknown;
		readonly SMBus: unknown;
		readonly Serial: unknown;
	};
	readonly Analog?: { readonly default: { readonly pin: number } };
	readonly I2C: { readonly default: Record<string, unknown> };
	readonly Serial?: { readonly default: Record<string, unknown> };
};
