// What the page can show. Each is loaded when somebody looks at it.

import type { ComponentType } from "preact";
import type { Words } from "./words.js";

export interface View {
	/** In the address, behind #/. */
	readonly name: string;
	readonly title: Words<string>;
	load(): Promise<{ default: ComponentType }>;
}

export const VIEWS: readonly View[] = [
	{ name: "fleet", title: { en: "Fleet", zh: "设备" }, load: () => import("./fleet/view.js") },
	{ name: "readings", title: { en: "Readings", zh: "读数" }, load: () => import("./readings/view.js") },
	{
		name: "recognition",
		title: { en: "Recognition", zh: "识别" },
		load: () => import("./recognition/view.js"),
	},
	{ name: "topics", title: { en: "Topics", zh: "主题" }, load: () => import("./topics/view.js") },
	{ name: "packets", title: { en: "Packets", zh: "报文" }, load: () => import("./packets/view.js") },
	{ name: "faults", title: { en: "Faults", zh: "故障" }, load: () => import("./faults/view.js") },
	{ name: "lessons", title: { en: "Lessons", zh: "课程" }, load: () => import("./lessons/view.js") },
];
