// Exponential and logarithm made of additions, multiplications and divisions, which IEEE 754 defines to the last bit. Those of Math may
// differ from one engine or processor to another, and with them a trained model.

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
/** Written as a sum of its parts, as it is needed here: to the last bit what everybody has. */
const LN2 = LN2_HIGH + LN2_LOW;
const TERMS = 14;

/** e to the power of x. */
export function exponential(x: number): number {
	if (x < -700) return 0;
	const power = Math.floor(x / LN2 + 0.5);
	// What is left lies between -0.35 and 0.35, where the series is short.
	const rest = x - power * LN2_HIGH - power * LN2_LOW;
	let sum = 1;
	for (let i = TERMS; i > 0; i -= 1) sum = 1 + (rest * sum) / i;
	return scaled(sum, power);
}

/** The natural logarithm of a positive number. */
export function logarithm(x: number): number {
	let power = 0;
	let rest = x;
	while (rest > 1.5) {
		rest /= 2;
		power += 1;
	}
	while (rest < 0.75) {
		rest *= 2;
		power -= 1;
	}
	// ln((1 + t) / (1 - t)) = 2 (t + t³/3 + t⁵/5 + …)
	const t = (rest - 1) / (rest + 1);
	let sum = 0;
	for (let i = 41; i > 0; i -= 2) sum = sum * t * t + 1 / i;
	return 2 * t * sum + power * LN2;
}

function scaled(value: number, power: number): number {
	let result = value;
	for (let i = power; i > 0; i -= 1) result *= 2;
	for (let i = power; i < 0; i += 1) result /= 2;
	return result;
}
