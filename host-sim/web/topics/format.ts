// Times and numbers, as the page shows them.

/** The time of day of a moment of performance.now(), with tenths of a second. */
export function timeOfDay(at: number): string {
	const date = new Date(performance.timeOrigin + at);
	const two = (number: number) => String(number).padStart(2, "0");
	const tenths = Math.floor(date.getMilliseconds() / 100);
	return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${tenths}`;
}

/** Bytes, in the unit that reads best. */
export function bytesText(bytes: number): string {
	if (bytes < 1024) return `${bytes} B`;
	return bytes < 1_048_576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
}

/** Three digits, or what there is before the point. */
export function shortNumber(value: number): string {
	if (value >= 100) return String(Math.round(value));
	return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
