// What the port uses of a module of the SDK for which there are no types: ECMA-419's camera.

declare module "embedded:io/image/in/camera" {
	export default class Camera {
		constructor(options: {
			width: number;
			height: number;
			imageType: number;
			format: "buffer/disposable";
			onReadable(): void;
		});
		/** What it gives, which may be more than was asked for. */
		readonly width: number;
		readonly height: number;
		read(): (ArrayBuffer & { close(): void }) | undefined;
		start(): void;
		close(): void;
	}
}
