// What the port uses of a module of the SDK for which there are no types.

declare module "curve" {
	export default class Curve {
		constructor(name: "secp256r1");
	}
}
