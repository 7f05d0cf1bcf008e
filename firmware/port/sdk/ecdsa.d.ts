// What the port uses of a module of the SDK for which there are no types.

declare module "ecdsa" {
	/** Without `isPrivate` the point is a public key. It does not look whether r and s are in their range. */
	export default class ECDSA {
		constructor(point: unknown, curve: unknown, isPrivate?: boolean);
		/** `signature` is r and s, one behind the other, or both in DER. */
		verify(sum: ArrayBuffer, signature: Uint8Array | ArrayBuffer, isDER?: boolean): boolean;
	}
}
