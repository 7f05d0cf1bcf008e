// A picture as a board's network wants it, out of any other: 28 by 28 bytes of grey, what is shown light, all around it black. So are
// the pictures that it has learnt from; a photograph of something dark on a light table has to become one of them first.

/** Of a side, in pixels. */
export const SIDE = 28;
export const PICTURE_BYTES = SIDE * SIDE;

/** As a canvas gives it: red, green, blue and alpha. */
export interface Image {
	readonly width: number;
	readonly height: number;
	readonly data: ArrayLike<number>;
}

export interface BoardPicture {
	readonly pixels: Uint8Array;
	/** What was light is dark now, and the other way round. */
	readonly isInverted: boolean;
}

/** As Rec. 601 weighs colours. */
const RED = 0.299;
const GREEN = 0.587;
const BLUE = 0.114;
const WHITE = 255;
const MIDDLE = 127.5;
/** What is darker than that all around, and as bright as that somewhere, stays as it is. */
const DARK = 8;
const BRIGHT = 128;
/** From dark to bright there has to be as much, or it is noise that would be stretched. */
const LEAST_RANGE = 24;

/** The square in its middle; `invert`: left out, as its border says. Throws RangeError where there is nothing to be seen. */
export function boardPicture(image: Image, invert?: boolean): BoardPicture {
	const { height, width } = image;
	if (!(width >= 1 && height >= 1) || image.data.length < width * height * 4) throw new RangeError("an empty picture");
	const side = Math.min(width, height);
	const grey = greyOf(image, (width - side) >> 1, (height - side) >> 1, side);
	const scaled = scale(grey, side);
	const isInverted = invert ?? median(borderOf(scaled)) > MIDDLE;
	if (isInverted) for (const [i, value] of scaled.entries()) scaled[i] = WHITE - value;
	stretch(scaled);
	return { pixels: Uint8Array.from(scaled, Math.round), isInverted };
}

/** Where it can be seen through, there is what it stands out from: white behind what is dark, black behind what is light. */
function greyOf({ data, width }: Image, left: number, top: number, side: number): Float32Array {
	const grey = new Float32Array(side * side);
	const alpha = new Float32Array(side * side);
	let light = 0;
	let seen = 0;
	for (let y = 0; y < side; y += 1)
		for (let x = 0; x < side; x += 1) {
			const from = ((top + y) * width + left + x) * 4;
			const at = y * side + x;
			grey[at] = RED * data[from]! + GREEN * data[from + 1]! + BLUE * data[from + 2]!;
			alpha[at] = data[from + 3]! / WHITE;
			light += grey[at]! * alpha[at]!;
			seen += alpha[at]!;
		}
	const behind = seen > 0 && light / seen <= MIDDLE ? WHITE : 0;
	for (let at = 0; at < grey.length; at += 1) grey[at] = grey[at]! * alpha[at]! + behind * (1 - alpha[at]!);
	return grey;
}

/** Each pixel is the mean of the area that it covers; where that is less than a pixel, it is that pixel. */
function scale(grey: Float32Array, side: number): Float32Array {
	const rows = new Float32Array(SIDE * side);
	const scaled = new Float32Array(PICTURE_BYTES);
	const cover = coverOf(side);
	for (let y = 0; y < side; y += 1)
		for (let x = 0; x < SIDE; x += 1) {
			let sum = 0;
			for (const [from, share] of cover[x]!) sum += grey[y * side + from]! * share;
			rows[y * SIDE + x] = sum;
		}
	for (let y = 0; y < SIDE; y += 1)
		for (let x = 0; x < SIDE; x += 1) {
			let sum = 0;
			for (const [from, share] of cover[y]!) sum += rows[from * SIDE + x]! * share;
			scaled[y * SIDE + x] = sum;
		}
	return scaled;
}

/** For each of 28 parts of a side: which pixels it covers, and what share of it each is. */
function coverOf(side: number): (readonly [from: number, share: number])[][] {
	const length = side / SIDE;
	return Array.from({ length: SIDE }, (_, part) => {
		const [begin, end] = [part * length, (part + 1) * length];
		const shares: (readonly [number, number])[] = [];
		for (let from = Math.floor(begin); from < Math.min(side, Math.ceil(end)); from += 1) {
			const share = (Math.min(end, from + 1) - Math.max(begin, from)) / length;
			if (share > 0) shares.push([from, share]);
		}
		return shares;
	});
}

/** What is all around it becomes black, and what is brightest white, unless that is so already. */
function stretch(pixels: Float32Array): void {
	const low = median(borderOf(pixels));
	const high = pixels.reduce((most, value) => Math.max(most, value), 0);
	if (low <= DARK && high >= BRIGHT) return;
	const range = Math.max(LEAST_RANGE, high - low);
	for (const [i, value] of pixels.entries()) pixels[i] = Math.min(WHITE, Math.max(0, ((value - low) / range) * WHITE));
}

function borderOf(pixels: Float32Array): Float32Array {
	return pixels.filter((_, i) => {
		const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
		return x === 0 || y === 0 || x === SIDE - 1 || y === SIDE - 1;
	});
}

function median(values: Float32Array): number {
	return values.slice().sort()[values.length >> 1]!;
}
