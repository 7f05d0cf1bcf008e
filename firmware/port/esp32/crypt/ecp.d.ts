// A point on a curve, of modules/crypt/arith/ecp.js: as far as the port uses it.

export default class ECPoint {
	private constructor();
	static fromOctetString(bytes: Uint8Array): ECPoint;
}
