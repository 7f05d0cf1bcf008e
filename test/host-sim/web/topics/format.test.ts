import { expect, it } from "vitest";
import { bytesText, shortNumber, timeOfDay } from "../../../../host-sim/web/topics/format.js";

it("times of day have tenths of a second", () => {
	const date = new Date(2026, 0, 2, 3, 4, 5, 678);
	expect(timeOfDay(date.getTime() - performance.timeOrigin)).toMatch(/^03:04:05\.[67]$/);
});

it.each([
	[0, "0 B"],
	[1023, "1023 B"],
	[1536, "1.5 KB"],
	[1_048_576, "1.0 MB"],
])("%i bytes are %s", (bytes, text) => expect(bytesText(bytes)).toBe(text));

it.each([
	[0.1234, "0.12"],
	[12.34, "12.3"],
	[1234.5, "1235"],
])("%f is %s", (value, text) => expect(shortNumber(value)).toBe(text));
