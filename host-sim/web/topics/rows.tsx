// A long list of which only what is in sight is there: rows of one height, in a box that scrolls.

import type { ComponentChildren, ComponentProps } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface RowsProps extends Omit<ComponentProps<"div">, "children" | "ref"> {
	readonly count: number;
	/** In px. */
	readonly rowHeight: number;
	/** The row with this number is scrolled to when this has become another. */
	readonly reveal?: { readonly row: number } | undefined;
	/** A row, and where its top is, in px. */
	row(index: number, top: number): ComponentChildren;
}

/** Rows above and below what is in sight. */
const MORE = 6;

export function Rows({ count, reveal, row, rowHeight, ...rest }: RowsProps) {
	const box = useRef<HTMLDivElement>(null);
	const [sight, setSight] = useState({ top: 0, height: 600 });
	useLayoutEffect(() => {
		const element = box.current!;
		const look = () =>
			setSight(known =>
				known.top === element.scrollTop && known.height === element.clientHeight
					? known
					: { top: element.scrollTop, height: element.clientHeight },
			);
		const observer = new ResizeObserver(look);
		observer.observe(element);
		element.addEventListener("scroll", look, { passive: true });
		look();
		return () => {
			observer.disconnect();
			element.removeEventListener("scroll", look);
		};
	}, []);
	useLayoutEffect(() => {
		const element = box.current!;
		if (reveal === undefined || reveal.row < 0) return;
		const top = reveal.row * rowHeight;
		if (top < element.scrollTop) element.scrollTop = top;
		else if (top + rowHeight > element.scrollTop + element.clientHeight)
			element.scrollTop = top + rowHeight - element.clientHeight;
	}, [reveal, rowHeight]);
	const from = Math.max(0, Math.floor(sight.top / rowHeight) - MORE);
	const to = Math.min(count, Math.ceil((sight.top + sight.height) / rowHeight) + MORE);
	const rows: ComponentChildren[] = [];
	for (let i = from; i < to; i += 1) rows.push(row(i, i * rowHeight));
	return (
		<div {...rest} ref={box}>
			<div role="presentation" class="topics-room" style={{ height: `${count * rowHeight}px` }}>
				{rows}
			</div>
		</div>
	);
}
