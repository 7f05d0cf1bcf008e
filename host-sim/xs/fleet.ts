// Boards on the engine, for the fleet.

import type { MakeBoard } from "../fleet/fleet.js";
import { EngineBoard, type Hardware } from "./board.js";
import { buildEngine, sourcePath } from "./build.js";
import { EngineHost } from "./device.js";
import { buildImage, modulesOf } from "./image.js";

/** Builds what is needed; the boards share one image. Throws a UsageError where something is missing to build it. */
export async function engineBoards(
	hardware: Hardware,
	say: (text: string) => void,
	variant: "64" | "32" | "asan" = "32",
): Promise<{ makeBoard: MakeBoard; close(): void }> {
	const engine = await buildEngine(variant, say);
	const image = buildImage(engine, await modulesOf([sourcePath("device/board.ts"), sourcePath("device/whole.ts")]));
	const host = new EngineHost(engine, image.path);
	return {
		makeBoard: (options, on) => new EngineBoard(host, hardware, options, on),
		close: () => host.close(),
	};
}
