import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		// `npm run soak` takes what `npm test` has no time for.
		include: process.env["SOAK"] === "true" ? ["test/soak/*.ts"] : ["test/**/*.test.ts"],
		// Real brokers and child processes: generous, since what matters there is asserted, not timed.
		testTimeout: 30_000,
		hookTimeout: 60_000,
		coverage: { include: ["firmware/**", "host-sim/**"], exclude: ["firmware/port/**", "firmware/main.ts"] },
	},
});
