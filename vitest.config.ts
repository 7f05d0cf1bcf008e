import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take a minute or more: begun first, so that no core waits for the last of them. */
const LONG = [
	"test/xs/firmware.test.ts",
	"test/host-sim/cli/outside.test.ts",
	"test/host-sim/cli/run.test.ts",
	"test/host-sim/cluster/rabbitmq.test.ts",
];

class LongFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const rank = ({ moduleId }: TestSpecification) => {
			const at = LONG.findIndex(name => moduleId.endsWith(name));
			return at < 0 ? LONG.length : at;
		};
		return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
	}
}

export default defineConfig({
	test: {
		// `npm run soak` takes what `npm test` has no time for.
		include: process.env["SOAK"] === "true" ? ["test/soak/*.ts"] : ["test/**/*.test.ts"],
		// Real brokers and child processes: generous, since what matters there is asserted, not timed.
		testTimeout: 30_000,
		hookTimeout: 60_000,
		expect: { poll: { timeout: 10_000 } },
		// The one that waits for engines and brokers leaves its core to the other.
		maxWorkers: 2,
		sequence: { sequencer: LongFirst },
		coverage: { include: ["firmware/**", "host-sim/**"], exclude: ["firmware/port/**", "firmware/main.ts"] },
	},
});
