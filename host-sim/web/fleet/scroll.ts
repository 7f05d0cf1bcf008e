// Which rows of a long table are in sight, and where it has to be scrolled to for one that is not. All rows are of one height.

export interface Sight {
	/** Of the first row that is to be there. */
	readonly from: number;
	/** Of the first one behind them. */
	readonly to: number;
}

/** Rows beyond the edges, which are there before they are in sight. */
const BEYOND = 6;

/** `height` is of what shows rows. */
export function sightOf(top: number, height: number, rowHeight: number, count: number): Sight {
	const from = Math.max(0, Math.min(Math.floor(top / rowHeight) - BEYOND, count - 1));
	const to = Math.min(count, Math.ceil((top + height) / rowHeight) + BEYOND);
	return { from, to: Math.max(from, to) };
}

/** As many rows as sightOf() ever gives for that height, at most. */
export function placesOf(height: number, rowHeight: number): number {
	return Math.ceil(height / rowHeight) + 1 + 2 * BEYOND;
}

/** Where it is to be scrolled to, so that this row is in sight; where it is, if that is so already. */
export function revealed(row: number, top: number, height: number, rowHeight: number): number {
	const rowTop = row * rowHeight;
	if (rowTop < top) return rowTop;
	return rowTop + rowHeight > top + height ? Math.max(0, rowTop + rowHeight - height) : top;
}
