// What the port uses of a module of the SDK for which there are no types.

declare module "pkcs1_5" {
	export default class PKCS1_5 {
		constructor(key: unknown, isPrivate: boolean, algorithm: number[]);
		verify(sum: ArrayBuffer, signature: Uint8Array): boolean;
	}
}
