// Colours of lines: to be told apart by those who see few of them, and with enough contrast on light and on dark paper. The second
// four are dashed, so that no line is known by its colour alone among eight.

/** Lines at once. */
export const MOST_LINES = 8;

/** Blue, orange, green and purple, as far from one another as can be for those who lack the cones for red or for green. */
const LIGHT = ["#0d3b91", "#a85b00", "#1f8573", "#b321db"] as const;
const DARK = ["#4a9bf8", "#f3860f", "#b5ecd0", "#f5428f"] as const;
const DASH = [7, 4] as const;

export interface Stroke {
	readonly colour: string;
	/** Of a canvas; none for a whole line. */
	readonly dash: readonly number[];
}

export function strokeOf(line: number, isDark: boolean): Stroke {
	const colours = isDark ? DARK : LIGHT;
	return { colour: colours[line % colours.length]!, dash: line < colours.length ? [] : DASH };
}
