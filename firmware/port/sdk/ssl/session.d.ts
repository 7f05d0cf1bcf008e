// What the port uses of a module of the SDK for which there are no types.

declare module "ssl/session" {
	export default class Session {
		constructor(options: Record<string, unknown>);
		readonly handshakeProcess: number;
		readonly alert?: { readonly description: number };
		initiateHandshake(): void;
		handshake(records: unknown): boolean;
		read(records: unknown): Uint8Array | undefined | null;
		write(records: unknown, bytes: Uint8Array): unknown;
		close(records: unknown): void;
	}
}
