// Colours of lines: to be told apart by those who see few of them, and with enough contrast on light and on dark paper. The second
// four are dashed, so that no line is known by its colour alone among eight.

/** Lines at once. */
export const MOST_LINES = 8;

/** After Okabe and Ito, darker or lighter until they stand out from the paper. */
const LIGHT = ["#0b62a4", "#c2410c", "#00795c", "#a1337e"] as const;
const DARK = ["#5ab4f0", "#f5964f", "#2fcf9f", "#ee8cc4"] as const;
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
