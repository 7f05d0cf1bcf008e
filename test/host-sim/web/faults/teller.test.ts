import { expect, it } from "vitest";
import { WatchedBoard } from "../../../../host-sim/watch/board.js";
import { storyOf, type Told } from "../../../../host-sim/web/faults/teller.js";
import type { Incident } from "../../../../host-sim/web/model/desk.js";
import type { FleetListener } from "../../../../host-sim/web/model/session.js";

function sessionOf() {
	const incidents: Incident[] = [];
	const incidentListeners: ((incident: Incident) => void)[] = [];
	const deskListeners: (() => void)[] = [];
	const linkListeners: (() => void)[] = [];
	const fleetListeners: FleetListener[] = [];
	const hello = (stage: string, now: number) => ({
		stage,
		now,
		wall: 1_800_000_000_000 + now,
		boards: [{ device: "a", interval: 1000 }],
	});
	const link = { isOnline: true, trouble: undefined as string | undefined };
	const desk = {
		now: 0,
		hello: hello("1", 0) as ReturnType<typeof hello> | undefined,
		incidents,
	};
	const listenTo =
		<Listener>(list: Listener[]) =>
		(listener: Listener) => {
			list.push(listener);
			return () => {};
		};
	const session: Told = {
		desk: Object.assign(desk, { onIncident: listenTo(incidentListeners), watch: listenTo(deskListeners) }),
		link: Object.assign(link, { watch: listenTo(linkListeners) }),
		fleet: { listen: listenTo(fleetListeners) },
	};
	return {
		session,
		desk,
		link,
		incidents,
		hello,
		strike(incident: Incident) {
			incidents.push(incident);
			for (const listener of incidentListeners) listener(incident);
		},
		changeDesk() {
			for (const listener of deskListeners) listener();
		},
		setLink(isOnline: boolean, trouble?: string) {
			Object.assign(link, { isOnline, trouble });
			for (const listener of linkListeners) listener();
		},
		say: (...[what]: Parameters<FleetListener>) => {
			for (const listener of fleetListeners) listener(what, new WatchedBoard("a"), 0);
		},
	};
}

const trouble = (since: number): Incident => ({
	event: "trouble",
	trouble: { id: since, fault: "power-cut", device: "a", since },
});

it("joins the simulator's side, the boards' and the page's own into one story, with what was before", () => {
	const stage = sessionOf();
	stage.incidents.push(trouble(100));
	const story = storyOf(stage.session);
	expect(storyOf(stage.session)).toBe(story);
	stage.strike({ event: "restarted", device: "a", reason: "power cut", at: 3000 });
	stage.desk.now = 3500;
	stage.say({ event: "presence", device: "a", presence: "online", was: "offline", retained: false }, null!, 0);
	stage.desk.now = 9000;
	stage.setLink(true);
	// To another broker, by one's own wish.
	stage.setLink(false);
	stage.setLink(true);
	stage.setLink(false, "connection lost");
	stage.setLink(true);
	expect(story.entries.map(({ at, event }) => [event.kind, at])).toEqual([
		["backOn", 9000],
		["cutOff", 9000],
		["online", 3500],
		["restarted", 3000],
		["fault", 100],
	]);
});

it("knows by the stage's time of day which readings have waited", () => {
	const stage = sessionOf();
	const story = storyOf(stage.session);
	stage.desk.now = 60_000;
	const reading = (time: number) => ({ time: 1_800_000_000_000 + time, values: {} });
	const say = (time: number) =>
		stage.say(
			{ event: "reading", device: "a", boot: 1, seq: 1, late: false, retained: false, readings: [reading(time)] },
			null!,
			0,
		);
	stage.strike(trouble(49_000));
	say(59_000);
	say(50_000);
	expect(story.entries.map(({ event }) => event)).toEqual([
		{ kind: "waited", ms: 10_000 },
		{ kind: "fault", fault: "power-cut" },
	]);
});

it("another run has another story; the same one that is there again has not", () => {
	const stage = sessionOf();
	const story = storyOf(stage.session);
	stage.strike(trouble(100));
	stage.changeDesk();
	stage.desk.hello = stage.hello("1", 5000);
	stage.changeDesk();
	expect(story.entries).toHaveLength(1);
	stage.desk.hello = stage.hello("2", 6000);
	stage.changeDesk();
	expect(story.entries).toHaveLength(0);
	stage.strike(trouble(7000));
	// The same name, and a clock that has begun anew.
	stage.desk.hello = stage.hello("2", 100);
	stage.changeDesk();
	expect(story.entries).toHaveLength(0);
});
