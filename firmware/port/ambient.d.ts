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
