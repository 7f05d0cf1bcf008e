// What a network is to be: its layers by kind and size, and what follows from them: shapes, multiply-adds, weights.

/** Rectifying (nothing below 0) follows each convolution, depthwise and dense layer but the last. */
export type LayerDesign =
	| {
			readonly kind: "convolution";
			readonly channels: number;
			readonly kernel: number;
			readonly stride: number;
			readonly padding: number;
	  }
	| { readonly kind: "depthwise"; readonly kernel: number; readonly stride: number; readonly padding: number }
	/** The largest of each two by two. */
	| { readonly kind: "max" }
	| { readonly kind: "dense"; readonly channels: number };

export interface Shape {
	readonly channels: number;
	readonly height: number;
	readonly width: number;
}

export interface Design {
	readonly input: Shape;
	readonly layers: readonly LayerDesign[];
}

export function sizeOf({ channels, height, width }: Shape): number {
	return channels * height * width;
}

export function shapeAfter(layer: LayerDesign, { channels, height, width }: Shape): Shape {
	switch (layer.kind) {
		case "convolution":
		case "depthwise": {
			const { kernel, padding, stride } = layer;
			const side = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
			return {
				channels: layer.kind === "convolution" ? layer.channels : channels,
				height: side(height),
				width: side(width),
			};
		}
		case "max":
			return { channels, height: height >> 1, width: width >> 1 };
		case "dense":
			return { channels: layer.channels, height: 1, width: 1 };
	}
}
