// fast-check as the tests on XS have it: the same properties with fewer runs, since an engine without a compiler takes a
// hundred times as long for each. On Node all of them run.

import real from "../../../node_modules/fast-check/lib/fast-check.js";

const MOST_RUNS = 40;

const fc: typeof import("fast-check").default = Object.assign({}, real, {
	assert(property: never, parameters: { numRuns?: number } = {}) {
		return real.assert(property, { ...parameters, numRuns: Math.min(parameters.numRuns ?? 100, MOST_RUNS) });
	},
});

export default fc;
