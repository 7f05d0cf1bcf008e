// Whether a board sees: where the manifest of its build includes firmware/vision/board.json. Network, model and camera are not linked
// into a firmware that sees nothing.

import Modules from "modules";
import type { Hardware } from "../device/board.js";

const RECOGNITION = "thimble/port/recognition";

/** What makes its readings of what it sees, if it does. */
export function recognizerMaker(): Hardware["makeRecognizer"] {
	if (!Modules.has(RECOGNITION)) return undefined;
	return (Modules.importNow(RECOGNITION) as unknown as Required<Pick<Hardware, "makeRecognizer">>).makeRecognizer;
}
