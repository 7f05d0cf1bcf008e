// What the port uses of a module of the SDK for which there are no types.

declare module "pkcs8" {
	const PKCS8: { parse(key: Uint8Array): unknown };
	export default PKCS8;
}
