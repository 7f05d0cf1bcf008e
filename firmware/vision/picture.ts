// What a camera sees as a network wants it: the square in the middle, grey, and small. Each dot is the mean of four dots of
// the frame, so the work is the same however large that is. Nothing is made, and integers are all.

/** A byte for each dot. */
export const GREY = 0;
/** Two bytes for each dot, the less significant first: 5 bits red, 6 green, 5 blue. */
export const RGB565 = 1;
/** Two bytes for each dot, of which the first is its brightness. */
export const YUV422 = 2;

/** Fills the view, a square of `side` by `side` dots, from the middle of a frame. */
export function crop(
	frame: Uint8Array,
	format: number,
	width: number,
	height: number,
	view: Uint8Array,
	side: number,
): void {
	const square = width < height ? width : height;
	const top = (height - square) >> 1;
	const left = (width - square) >> 1;
	// Dots of the frame are looked at in the middle of each quarter of a dot of the view.
	const quarters = 4 * side;
	let at = 0;
	for (let y = 0; y < side; y += 1) {
		const above = (top + ((((4 * y + 1) * square) / quarters) | 0)) * width;
		const below = (top + ((((4 * y + 3) * square) / quarters) | 0)) * width;
		for (let x = 0; x < side; x += 1) {
			const before = left + ((((4 * x + 1) * square) / quarters) | 0);
			const behind = left + ((((4 * x + 3) * square) / quarters) | 0);
			view[at] =
				(brightness(frame, format, above + before) +
					brightness(frame, format, above + behind) +
					brightness(frame, format, below + before) +
					brightness(frame, format, below + behind) +
					2) >>
				2;
			at += 1;
		}
	}
}

function brightness(frame: Uint8Array, format: number, dot: number): number {
	if (format === GREY) return frame[dot]!;
	if (format === YUV422) return frame[2 * dot]!;
	const colour = frame[2 * dot]! | (frame[2 * dot + 1]! << 8);
	// 30 % red, 59 % green, 11 % blue; white is 255.
	return ((colour >> 11) * 628 + ((colour >> 5) & 63) * 612 + (colour & 31) * 236) >> 8;
}
