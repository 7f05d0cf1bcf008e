import { expect, it } from "vitest";
import { MOST_LINES, strokeOf } from "../../../../host-sim/web/readings/palette.js";

/** As the page's style has them. */
const PAPERS = { light: "#ffffff", dark: "#10171a" };

function channels(colour: string): number[] {
	return [1, 3, 5].map(at => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
}

function linear(channel: number): number {
	return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
}

/** As WCAG has it. */
function luminance(colour: string): number {
	const [red, green, blue] = channels(colour).map(linear);
	return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(a: string, b: string): number {
	const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
	return (high! + 0.05) / (low! + 0.05);
}

/** What is seen without the cones for red or for green, after Viénot, Brettel and Mollon (1999), as sRGB. */
function seen(colour: string, kind: "protan" | "deutan"): number[] {
	const [red, green, blue] = channels(colour).map(linear) as [number, number, number];
	const mixed =
		kind === "protan"
			? [0.11238 * red + 0.88762 * green, 0.11238 * red + 0.88762 * green, 0.00401 * red - 0.00401 * green + blue]
			: [0.29275 * red + 0.70725 * green, 0.29275 * red + 0.70725 * green, -0.02234 * red + 0.02234 * green + blue];
	return mixed.map(value => Math.max(0, value) ** (1 / 2.2) * 255);
}

it.each([
	["light", false],
	["dark", true],
] as const)("lines stand out from %s paper, and no two of them look alike", (paper, isDark) => {
	const strokes = Array.from({ length: MOST_LINES }, (_, line) => strokeOf(line, isDark));
	for (const { colour } of strokes) expect(contrast(colour, PAPERS[paper]), colour).toBeGreaterThan(4.5);
	expect(new Set(strokes.map(({ colour, dash }) => `${colour} ${dash.join()}`)).size).toBe(MOST_LINES);
	const whole = strokes.filter(({ dash }) => dash.length === 0);
	for (const kind of ["protan", "deutan"] as const)
		for (const [i, a] of whole.entries())
			for (const b of whole.slice(i + 1)) {
				const [one, other] = [seen(a.colour, kind), seen(b.colour, kind)];
				const distance = Math.hypot(...one.map((value, at) => value - other[at]!));
				expect(distance, `${a.colour} and ${b.colour}, ${kind}`).toBeGreaterThan(40);
			}
});
