// What the port uses of a module of the SDK for which there are no types.

declare module "ssl/constants" {
	export const AES: number;
	export const ECDHE_RSA: number;
	export const GCM: number;
	export const SHA256: number;
}
