// Joins what the simulator tells and what MQTT does into the story of a session. It begins when somebody first wants to hear it, and
// goes on while other views are shown.

import type { Incident } from "../model/desk.js";
import type { FleetListener } from "../model/session.js";
import { Story } from "./story.js";

/** What is needed of a session. */
export interface Told {
	readonly desk: {
		readonly now: number;
		readonly hello:
			| {
					readonly stage: string;
					readonly now: number;
					readonly wall: number;
					readonly boards: readonly { readonly device: string; readonly interval: number }[];
			  }
			| undefined;
		readonly incidents: readonly Incident[];
		onIncident(listener: (incident: Incident) => void): () => void;
		watch(listener: () => void): () => void;
	};
	readonly link: {
		readonly isOnline: boolean;
		readonly trouble: string | undefined;
		watch(listener: () => void): () => void;
	};
	readonly fleet: { listen(listener: FleetListener): () => void };
}

const stories = new WeakMap<Told, Story>();

/** The same one for the same session. */
export function storyOf(session: Told): Story {
	let story = stories.get(session);
	if (story === undefined) {
		story = tell(session);
		stories.set(session, story);
	}
	return story;
}

function tell({ desk, fleet, link }: Told): Story {
	let intervals = new Map<string, number>();
	let { hello } = desk as Told["desk"];
	const learn = () => {
		intervals = new Map(hello?.boards.map(({ device, interval }) => [device, interval]));
	};
	learn();
	const story = new Story({ intervalOf: device => intervals.get(device) });
	for (const incident of desk.incidents) story.handleIncident(incident);
	desk.onIncident(incident => story.handleIncident(incident));
	desk.watch(() => {
		if (desk.hello === hello) return;
		// Another run: its clock begins anew, and what was is over.
		if (desk.hello?.stage !== hello?.stage || (desk.hello?.now ?? 0) < (hello?.now ?? 0)) story.clear();
		hello = desk.hello;
		learn();
	});
	fleet.listen(what => {
		const at = desk.now;
		story.handleHappening(what, at, hello === undefined ? Date.now() : hello.wall + at - hello.now);
	});
	let { isOnline } = link;
	let isCutOff = false;
	link.watch(() => {
		if (link.isOnline === isOnline) return;
		isOnline = link.isOnline;
		// The first time, or by one's own wish to another broker, is nothing that has happened to it.
		const isNews = isOnline ? isCutOff : link.trouble !== undefined;
		isCutOff = !isOnline && isNews;
		if (isNews) story.handleLink(isOnline, link.trouble ?? "", desk.now);
	});
	return story;
}
