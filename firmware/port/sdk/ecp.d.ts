// What the port uses of a module of the SDK for which there are no types: a point on a curve.

declare module "ecp" {
	export default class ECPoint {
		private constructor();
		static fromOctetString(bytes: Uint8Array): ECPoint;
	}
}
