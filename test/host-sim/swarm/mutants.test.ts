// Do the checks bite? The client is broken on purpose, one line at a time, and the swarm has to find it: each by a promise
// that has a name. A mutant is the client's own source with one text replaced, bundled and run as it is.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import type { planOf } from "../../../host-sim/swarm/plan.js";
import type { runPlan } from "../../../host-sim/swarm/run.js";

interface Mutant {
	what: string;
	file: string;
	from: string;
	to: string;
	/** What may be said of it. */
	breaks: readonly string[];
}

/** Seeds at most until it is found. */
const SEEDS = 1500;

const MUTANTS: readonly Mutant[] = [
	{
		what: "[MQTT-3.3.1-1] sends again without DUP",
		file: "firmware/mqtt/session/outbound.ts",
		from: "if (state === RESEND) bytes[(entry + ENTRY_WORDS) << 2] |= DUP;",
		to: "",
		breaks: ["standard"],
	},
	{
		what: "[MQTT-4.3.3-1] leaves out PUBREL",
		file: "firmware/mqtt/session/outbound.ts",
		from: "else owe(session, PUBREL, packet.packetId);",
		to: "",
		breaks: ["steady"],
	},
	{
		what: "[MQTT-2.3.1-2] uses an id that is in use",
		file: "firmware/mqtt/outbox.ts",
		from: "	session.packetId = id;\n	words[ROWS",
		to: "	session.packetId = id % 3 === 0 ? session.packetId : id;\n	words[ROWS",
		breaks: ["packet id in one use", "one of four ends", "standard"],
	},
	{
		what: "[MQTT-4.3.3-2] acknowledges before storing",
		file: "firmware/mqtt/session/durability.ts",
		from: "if (bytes[at] === PUBREC || bytes[at] === PUBCOMP) return options.store!.keepReceived(session);",
		to: "",
		breaks: ["exactly-once down"],
	},
	{
		what: "loses a write that flash has confirmed",
		file: "host-sim/world/flash.ts",
		from: "const bytes = new Uint8Array(value.slice(0));",
		to: "const bytes = new Uint8Array(value.slice(0)); if (this.operations % 7 === 3) { this.operations += 1; return; }",
		breaks: [
			"one of four ends",
			"exactly-once down",
			"settled means arrived",
			"loss is true",
			"standard",
			"exactly-once up",
		],
	},
	{
		what: "[MQTT-4.3.3-1] publishes again after PUBREC, in the next life",
		file: "firmware/mqtt/session/durability.ts",
		from: "return session.options.store!.keepRelease(session, entry, nextOrder(session));",
		to: "return true;",
		breaks: ["standard", "exactly-once up"],
	},
	{
		what: "forgets what waits behind a message that is held",
		file: "firmware/mqtt/received.ts",
		from: "if ((word & ~ID_MASK) !== (IS_QOS_2 | ACCEPTED)) continue;",
		to: "continue;",
		breaks: ["exactly-once down"],
	},
	{
		what: "is deaf after a CONNECT without an answer",
		file: "firmware/mqtt/session/dispatch.ts",
		from: "session.todo |= UNSURE;",
		to: "session.todo |= 0;",
		breaks: ["back online"],
	},
	{
		what: "sends QoS 2 again in a new session",
		file: "firmware/mqtt/session/durability.ts",
		from: 'session.options.onSessionLost === "republish" && qos === QOS_1',
		to: 'session.options.onSessionLost === "republish"',
		breaks: ["exactly-once up"],
	},
	{
		what: "does not say goodbye",
		file: "firmware/mqtt/client.ts",
		from: "if (goodbye === true) this.sendDisconnect(0, undefined);",
		to: "if (goodbye === true);",
		breaks: ["will", "standard"],
	},
	{
		what: "tells an end twice",
		file: "firmware/mqtt/client.ts",
		from: "this.call(this.options.onPublishEnd, ticket, endOf(head), codeOf(head));",
		to: "this.call(this.options.onPublishEnd, ticket, endOf(head), codeOf(head)); this.call(this.options.onPublishEnd, ticket, endOf(head), codeOf(head));",
		breaks: ["one of four ends"],
	},
	{
		what: "never comes back after a refusal",
		file: "firmware/mqtt/session/dispatch.ts",
		from: "arm(session, RECONNECT, session.now + delay);",
		to: "if (code < 0x80) arm(session, RECONNECT, session.now + delay);",
		breaks: ["back online"],
	},
	{
		what: "[MQTT-3.3.1-1] does not note in flash what leaves behind CONNECT",
		file: "firmware/optional/pipeline.ts",
		from: "if (!options.store!.keepDeparture(session, !this.#isDeparted)) break;",
		to: "",
		breaks: ["standard", "exactly-once up", "loss is true"],
	},
	{
		what: "sends behind CONNECT while something is in flight",
		file: "firmware/optional/pipeline.ts",
		from: "if (state === RESEND || state === RELEASED) return false;",
		to: "",
		breaks: ["back online", "order", "standard", "one of four ends"],
	},
];

interface Swarm {
	planOf: typeof planOf;
	runPlan: typeof runPlan;
}

async function swarmOf({ file, from, to }: Mutant): Promise<Swarm> {
	const source = readFileSync(file, "utf8");
	expect(source.split(from).length, `"${from}" in ${file}`).toBe(2);
	const { outputFiles } = await build({
		stdin: {
			contents: 'export { planOf } from "./plan.ts"; export { runPlan } from "./run.ts";',
			resolveDir: resolve("host-sim/swarm"),
			loader: "ts",
		},
		bundle: true,
		write: false,
		format: "esm",
		platform: "node",
		banner: { js: 'import { createRequire } from "node:module"; const require = createRequire("file:///");' },
		plugins: [
			{
				name: "mutant",
				setup({ onLoad }) {
					onLoad({ filter: /\.ts$/ }, ({ path }) =>
						path === resolve(file) ? { contents: source.replace(from, () => to), loader: "ts" } : undefined,
					);
				},
			},
		],
	});
	return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]!.contents).toString("base64")}`);
}

/** The first promise that breaks, and the seed; undefined where none does. */
function firstBroken({ planOf, runPlan }: Swarm) {
	for (let seed = 1; seed <= SEEDS; seed += 1) {
		const { broken } = runPlan(planOf(seed));
		if (broken !== undefined) return { seed, ...broken };
	}
	return undefined;
}

describe("a client that", () => {
	for (const mutant of MUTANTS)
		it(`${mutant.what} is found`, { timeout: 60_000 }, async () => {
			const found = firstBroken(await swarmOf(mutant));
			expect(found, "not found").toBeDefined();
			expect(mutant.breaks, JSON.stringify(found)).toContain(found!.invariant);
		});
});
