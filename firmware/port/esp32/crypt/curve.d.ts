// The SDK has no types for its elliptic curves; this is what the port uses of modules/crypt/etc/curve.js.

export default class Curve {
	constructor(name: "secp256r1");
}
