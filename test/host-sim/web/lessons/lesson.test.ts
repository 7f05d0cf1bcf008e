// Each lesson, played to its end in virtual time: whoever presses its buttons and opens what there is sees all that it says can be seen.

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Client } from "../../../../firmware/mqtt/client.js";
import { checkScenario } from "../../../../host-sim/fleet/scenario.js";
import { Simulation } from "../../../../host-sim/fleet/simulation.js";
import { orderedIncident } from "../../../../host-sim/fleet/timeline.js";
import { dissect } from "../../../../host-sim/inspect/dissect.js";
import { Recorder } from "../../../../host-sim/record/recorder.js";
import { seattle } from "../../../../host-sim/sensor/air.js";
import { fashion } from "../../../../host-sim/sensor/belt.js";
import { Actor } from "../../../../host-sim/web/lessons/act.js";
import { Goal, type Pattern, type Sight } from "../../../../host-sim/web/lessons/goal.js";
import type { Lesson, Text } from "../../../../host-sim/web/lessons/lesson.js";

const FOLDER = "host-sim/lessons";
const names = readdirSync(FOLDER).map(file => file.replace(/\.json$/, ""));
const lessons = names
	.map(name => ({ name, lesson: JSON.parse(readFileSync(`${FOLDER}/${name}.json`, "utf8")) as Lesson }))
	.sort((a, b) => a.lesson.number - b.lesson.number);

/** How long somebody looks before the next button, in ms: longer than what the longest of them begins. */
const LOOK_MS = 30_000;

function play({ goals: texts, scenario, try: buttons, version }: Lesson): boolean[] {
	const goals = texts.map(({ see }) => new Goal(see));
	const see = (sight: Sight) => {
		for (const goal of goals) goal.handle(sight);
	};
	const simulation = new Simulation(checkScenario(scenario, ""), {
		air: seattle,
		sights: fashion,
		on: event => {
			if (event.event === "fault") see({ incident: "trouble", fault: event.fault });
			if (event.event === "mended") see({ incident: "mended", fault: event.fault });
			if (event.event === "restarted") see({ incident: "restarted", fault: undefined });
		},
		recorder: new Recorder({
			put(entry) {
				if (entry.event !== "packet") return;
				const fromClient = entry.from === "client";
				const { summary } = dissect(entry.bytes, { version, fromClient });
				const party = (summary.clientId || entry.client) === "page" ? "page" : "board";
				see({ packet: summary, party, fromClient });
				see({ open: summary.name });
			},
		}),
	});
	const { world } = simulation;
	const page = new Client({
		...world.collaborators("page"),
		...simulation.roster?.page,
		clientId: "page",
		protocolVersion: version === "5.0" ? 5 : 4,
		limits: { topics: 16, topicBytes: 512, outbox: 8192, send: 2048 },
	});
	page.open();
	const actor = new Actor({
		publish: (topic, payload, options) => expect(page.publish(topic, payload, options)).toBeGreaterThanOrEqual(0),
		subscribe: (filter, options) => {
			const handle = page.subscribe(filter, () => {}, options);
			expect(handle).toBeGreaterThan(0);
			return { end: () => page.unsubscribe(handle) };
		},
		strike: fault => simulation.strike(orderedIncident(fault)),
	});
	// Off the beat of the readings, so that something is under way when something breaks.
	simulation.advance(10_200);
	for (let round = 0; round < 2; round += 1)
		for (const { do: actions } of buttons) {
			actor.do(actions);
			simulation.advance(simulation.now + LOOK_MS);
		}
	return goals.map(goal => goal.isReached);
}

describe.each(lessons)("lesson $lesson.number, $name", ({ lesson }) => {
	it("lets everything be seen that it says", () => {
		const missed = play(lesson).flatMap((isReached, i) => (isReached ? [] : [lesson.goals[i]!.say.en]));
		expect(missed).toEqual([]);
	});

	it("says all in both languages", () => {
		const texts: Text[] = [lesson.title, ...lesson.goals.map(goal => goal.say), ...lesson.try.map(each => each.say)];
		for (const { en, zh } of texts) {
			expect(en).toMatch(/^[\x20-\x7e]+$/);
			expect(zh).toMatch(/\p{Script=Han}|^MQTT 5$/u);
		}
		expect(lesson.text.zh).toHaveLength(lesson.text.en.length);
		expect(lesson.text.en.length).toBeGreaterThan(0);
	});

	it("asks for nothing that nobody could see", () => {
		const known = /^(CONNECT|CONNACK|PUB(LISH|ACK|REC|REL|COMP)|(UN)?SUB(SCRIBE|ACK)|PING(REQ|RESP)|DISCONNECT|AUTH)$/;
		const check = (pattern: Pattern) => {
			if ("any" in pattern) for (const each of pattern.any) check(each);
			else if ("open" in pattern) expect(pattern.open).toMatch(known);
			else if ("packet" in pattern) expect(pattern.packet).toMatch(known);
		};
		expect(lesson.goals.length).toBeGreaterThan(1);
		for (const { see } of lesson.goals) for (const pattern of see) check(pattern);
	});
});

it("they are the course, in its order", () => {
	expect(lessons.map(({ lesson, name }) => `${lesson.number} ${name}`)).toEqual([
		"1 packets",
		"2 connecting",
		"3 sessions",
		"4 subscribing",
		"5 qos-0",
		"6 qos-1",
		"7 qos-2",
		"8 retained",
		"9 will",
		"10 keep-alive",
		"11 mqtt-5",
		"12 security",
		"13 recognition",
	]);
});
