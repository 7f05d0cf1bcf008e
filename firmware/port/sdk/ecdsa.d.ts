// What the port uses of a module of the SDK for which there are no types.

declare module "ecdsa" {
	export default class ECDSA {
		constructor(point: unknown, curve: unknown, isPrivate: boolean);
		verify(sum: ArrayBuffer, signature: Uint8Array, isDER: boolean): boolean;
	}
}
