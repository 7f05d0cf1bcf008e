// Numbers and lengths of time as a table has them: short, and with digits below digits.

/** What a second, a minute, an hour and a day are called behind a number. */
export type AgeUnits = readonly [second: string, minute: string, hour: string, day: string];

const STEPS = [60, 60, 24, Number.POSITIVE_INFINITY];

/** A length of time in one unit. */
export function ageText(seconds: number, units: AgeUnits): string {
	let value = Math.max(0, Math.floor(seconds));
	let step = 0;
	while (value >= STEPS[step]!) value = Math.floor(value / STEPS[step++]!);
	return `${value} ${units[step]}`;
}

/** With so many decimals; where it is long, its thousands are apart. */
export function digits(value: number, decimals = 0): string {
	const text = value.toFixed(decimals);
	// Beyond that it has an exponent.
	if (!/^-?\d+(\.\d+)?$/.test(text)) return text;
	const [whole, part] = text.split(".");
	const apart = Math.abs(value) < 10_000 ? whole! : whole!.replace(/\B(?=(\d{3})+$)/g, "\u202f");
	return part === undefined ? apart : `${apart}.${part}`;
}
