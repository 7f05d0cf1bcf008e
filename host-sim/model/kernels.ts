// The inner loops of training, as a WebAssembly module that is put together here: a multiply-add on four numbers at once, which JavaScript
// does not have. Its arithmetic is that of IEEE 754, lane by lane and in the order that is written down, so all machines get the same bits.
//
// A value of the network is a row of 16 numbers, one for each picture of a part (`ROW`). Two kernels are enough for all layers, forwards
// and backwards: `gather` makes a value from a list of others and their weights, `correlate` makes a weight's gradient from two planes.

/** Pictures that are computed side by side. */
export const ROW = 16;
/** Bytes of a value for all of them. */
export const ROW_BYTES = ROW * 4;
/** Bytes of an entry in a list of `gather`: where the value is, and where its weight, both from a base. */
export const TAP_BYTES = 8;

const VECTORS = ROW / 4;
const PAGE = 65_536;

export interface Kernels {
	readonly memory: ArrayBuffer;
	/**
	 * Makes `count` values, one after the other: the bias, and the sum of what the taps from `list` to `end` name. Both bases
	 * and the destination move by their steps. `gather2` makes two channels of it at once: `plane` and `weightPlane` lead to the second.
	 */
	gather1: Gather;
	gather2: Gather;
	/**
	 * The sum of products of two planes of `rows` times `cols` values, over all pictures, into `out`. With 2 or 4: that many planes of `a`
	 * with the same `b`; `plane` and `outPlane` lead from one to the next.
	 */
	correlate1: Correlate;
	correlate2: Correlate;
	correlate4: Correlate;
}

type Gather = (
	to: number,
	toStep: number,
	plane: number,
	from: number,
	fromStep: number,
	count: number,
	list: number,
	end: number,
	weights: number,
	weightPlane: number,
	bias: number,
) => void;

type Correlate = (
	a: number,
	aStep: number,
	aRow: number,
	plane: number,
	b: number,
	bStep: number,
	bRow: number,
	cols: number,
	rows: number,
	out: number,
	outPlane: number,
) => void;

/** As much of WebAssembly as is needed here: its types come with those of browsers alone. */
interface Assembly {
	readonly Module: new (bytes: Uint8Array) => object;
	readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** With so many bytes of memory, all of them 0. */
export function makeKernels(bytes: number): Kernels {
	const pages = Math.ceil(bytes / PAGE);
	const { Instance, Module } = (globalThis as unknown as { WebAssembly: Assembly }).WebAssembly;
	const { exports } = new Instance(new Module(moduleBytes(pages)));
	const { memory, ...functions } = exports as unknown as Omit<Kernels, "memory"> & { memory: { buffer: ArrayBuffer } };
	return { ...functions, memory: memory.buffer };
}

// What follows writes the module, in the binary format of the WebAssembly specification.

type Code = number[];

const I32 = 0x7f;
const V128 = 0x7b;
const END = 0x0b;

function leb(value: number): Code {
	const bytes: Code = [];
	let rest = value;
	do {
		const low = rest & 0x7f;
		rest >>>= 7;
		bytes.push(rest === 0 ? low : low | 0x80);
	} while (rest !== 0);
	return bytes;
}

const get = (local: number): Code => [0x20, ...leb(local)];
const set = (local: number, value: Code): Code => [...value, 0x21, ...leb(local)];
const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
/** At most 63, since the constant is a signed one. */
const constant = (value: number): Code => [0x41, value];
const advance = (local: number, by: Code): Code => set(local, add(get(local), by));
const loadWord = (at: Code, offset = 0): Code => [...at, 0x28, 2, ...leb(offset)];
const loadVector = (at: Code, offset: number): Code => [...at, 0xfd, 0x00, 4, ...leb(offset)];
const loadSplat = (at: Code, offset = 0): Code => [...at, 0xfd, 0x09, 2, ...leb(offset)];
const storeVector = (at: Code, offset: number, value: Code): Code => [...at, ...value, 0xfd, 0x0b, 4, ...leb(offset)];
const times = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xe6, 0x01];
const plus = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xe4, 0x01];
const lane = (vector: Code, index: number): Code => [...vector, 0xfd, 0x1f, index];
const loop = (body: Code): Code => [0x03, 0x40, ...body, END];
/** Back to the loop's beginning while the local, less one, is not 0. */
const again = (local: number): Code => [...get(local), ...constant(1), 0x6b, 0x22, ...leb(local), 0x0d, 0];
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const PARAMETERS = 11;

/** The body of a function: eleven numbers in, so many locals of addresses and of vectors. */
function body(words: number, vectors: number, code: Code): Code {
	const locals = [2, ...leb(words), I32, ...leb(vectors), V128];
	const all = [...locals, ...code, END];
	return [...leb(all.length), ...all];
}

function gather(outs: number): Code {
	const [to, toStep, plane, from, fromStep, count, list, end, weights, weightPlane, bias] = range(PARAMETERS) as [
		number,
		number,
		number,
		number,
		number,
		number,
		number,
		number,
		number,
		number,
		number,
	];
	const [tap, value, weight, second] = [PARAMETERS, PARAMETERS + 1, PARAMETERS + 2, PARAMETERS + 3] as const;
	const vectors = PARAMETERS + 4;
	const splat = vectors;
	const input = (v: number) => vectors + 1 + v;
	const sum = (o: number, v: number) => vectors + 1 + VECTORS + o * VECTORS + v;
	const each = (make: (o: number, v: number) => Code): Code =>
		range(outs).flatMap(o => range(VECTORS).flatMap(v => make(o, v)));
	const taps = [
		...set(value, add(get(from), loadWord(get(tap)))),
		...set(weight, add(get(weights), loadWord(get(tap), 4))),
		...range(VECTORS).flatMap(v => set(input(v), loadVector(get(value), v * 16))),
		...range(outs).flatMap(o => [
			...set(splat, loadSplat(o === 0 ? get(weight) : add(get(weight), get(weightPlane)))),
			...range(VECTORS).flatMap(v => set(sum(o, v), plus(get(sum(o, v)), times(get(splat), get(input(v)))))),
		]),
		...advance(tap, constant(TAP_BYTES)),
	];
	return body(4, 1 + VECTORS + outs * VECTORS, [
		...loop([
			...each((o, v) => set(sum(o, v), loadSplat(get(bias), o * 4))),
			...set(tap, get(list)),
			// A list may be empty: of a value that nobody took.
			...[0x02, 0x40, ...get(tap), ...get(end), 0x4f, 0x0d, 0],
			...loop([...taps, ...get(tap), ...get(end), 0x49, 0x0d, 0]),
			END,
			...set(second, add(get(to), get(plane))),
			...each((o, v) => storeVector(get(o === 0 ? to : second), v * 16, get(sum(o, v)))),
			...advance(to, get(toStep)),
			...advance(from, get(fromStep)),
			...again(count),
		]),
	]);
}

function correlate(outs: number): Code {
	const [a, aStep, aRow, plane, b, bStep, bRow, cols, rows, out, outPlane] = range(PARAMETERS) as [
		number,
		number,
		number,
		number,
		number,
		number,
		number,
		number,
		number,
		number,
		number,
	];
	const left = PARAMETERS;
	const [other, col] = [PARAMETERS + 1, PARAMETERS + 2] as const;
	/** Where we are in each plane of a. */
	const place = (o: number) => (o === 0 ? left : col + o);
	const words = 2 + outs;
	const vectors = PARAMETERS + words;
	// Several sums side by side, since an addition has to wait for the one before it.
	const sets = outs === 4 ? 2 : 4;
	const input = vectors;
	const sum = (o: number, s: number) => vectors + 1 + o * sets + s;
	const inner = range(VECTORS).flatMap(v => [
		...set(input, loadVector(get(other), v * 16)),
		...range(outs).flatMap(o => {
			const into = sum(o, v % sets);
			return set(into, plus(get(into), times(get(input), loadVector(get(place(o)), v * 16))));
		}),
	]);
	const ends = range(outs).flatMap(o => {
		const pairs =
			sets === 2
				? plus(get(sum(o, 0)), get(sum(o, 1)))
				: plus(plus(get(sum(o, 0)), get(sum(o, 1))), plus(get(sum(o, 2)), get(sum(o, 3))));
		const whole = sum(o, 0);
		const lanes = [0, 1, 2, 3].map(i => lane(get(whole), i));
		const total = [...lanes[0]!, ...lanes[1]!, 0x92, ...lanes[2]!, ...lanes[3]!, 0x92, 0x92];
		return [...set(whole, pairs), ...get(out), ...total, 0x38, 2, 0, ...advance(out, get(outPlane))];
	});
	const code = [
		...loop([
			...set(left, get(a)),
			...set(other, get(b)),
			...set(col, get(cols)),
			...loop([
				...range(outs - 1).flatMap(o => set(place(o + 1), add(get(place(o)), get(plane)))),
				...inner,
				...advance(left, get(aStep)),
				...advance(other, get(bStep)),
				...again(col),
			]),
			...advance(a, get(aRow)),
			...advance(b, get(bRow)),
			...again(rows),
		]),
		...ends,
	];
	return body(words, 1 + outs * sets, code);
}

function moduleBytes(pages: number): Uint8Array<ArrayBuffer> {
	const section = (id: number, content: Code): Code => [id, ...leb(content.length), ...content];
	const name = (text: string): Code => [text.length, ...Buffer.from(text)];
	const functions: [string, Code][] = [
		["gather1", gather(1)],
		["gather2", gather(2)],
		["correlate1", correlate(1)],
		["correlate2", correlate(2)],
		["correlate4", correlate(4)],
	];
	const bodies = functions.flatMap(([, code]) => code);
	return Uint8Array.from([
		...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
		...section(1, [1, 0x60, PARAMETERS, ...new Array(PARAMETERS).fill(I32), 0]),
		...section(3, [functions.length, ...functions.map(() => 0)]),
		...section(5, [1, 1, ...leb(pages), ...leb(pages)]),
		...section(7, [
			functions.length + 1,
			...[...name("memory"), 2, 0],
			...functions.flatMap(([text], i) => [...name(text), 0, i]),
		]),
		...section(10, [functions.length, ...bodies]),
	]);
}
