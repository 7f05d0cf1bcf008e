// Versions of firmware, as semantic versioning has them and orders them: 1.2.0, or 1.2.0-rc.1, which comes before it.

/** Longer ones find no place in what a board notes of an update. */
const MOST_CHARACTERS = 32;

/** Whether it is three numbers, and behind a hyphen words with points between them; nothing behind a plus sign. */
export function isVersion(text: string): boolean {
	if (text.length > MOST_CHARACTERS) return false;
	const hyphen = text.indexOf("-");
	const numbers = (hyphen < 0 ? text : text.slice(0, hyphen)).split(".");
	if (numbers.length !== 3) return false;
	for (const number of numbers) if (!isNumber(number) || isPadded(number)) return false;
	if (hyphen < 0) return true;
	for (const word of text.slice(hyphen + 1).split(".")) {
		if (word === "" || (isNumber(word) && isPadded(word))) return false;
		for (const character of word) if (!isWordCharacter(character)) return false;
	}
	return true;
}

/** Below 0 where the first is older, above 0 where it is newer, 0 where they are the same. Both have to be versions. */
export function compareVersions(first: string, second: string): number {
	const [a, b] = [first.indexOf("-"), second.indexOf("-")];
	const byNumbers = compareWords(a < 0 ? first : first.slice(0, a), b < 0 ? second : second.slice(0, b));
	if (byNumbers !== 0) return byNumbers;
	// What has a word behind the numbers comes before what has none.
	if (a < 0 || b < 0) return (a < 0 ? 1 : 0) - (b < 0 ? 1 : 0);
	return compareWords(first.slice(a + 1), second.slice(b + 1));
}

/** Word by word: numbers by their value, and before all that are none; where one ends, it comes first. */
function compareWords(first: string, second: string): number {
	const a = first.split(".");
	const b = second.split(".");
	for (let i = 0; i < a.length && i < b.length; i += 1) {
		const [one, other] = [a[i]!, b[i]!];
		if (one === other) continue;
		const [isOne, isOther] = [isNumber(one), isNumber(other)];
		if (isOne !== isOther) return isOne ? -1 : 1;
		// Without leading zeros the longer number is the larger one, however many digits an engine's numbers have.
		if (isOne && one.length !== other.length) return one.length - other.length;
		return one < other ? -1 : 1;
	}
	return a.length - b.length;
}

function isNumber(text: string): boolean {
	for (const character of text) if (character < "0" || character > "9") return false;
	return text !== "";
}

function isPadded(number: string): boolean {
	return number.length > 1 && number.startsWith("0");
}

function isWordCharacter(character: string): boolean {
	if (character === "-" || (character >= "0" && character <= "9")) return true;
	return (character >= "a" && character <= "z") || (character >= "A" && character <= "Z");
}
