// The table itself. Only rows in sight are in the document, and a row whose words have not changed is not looked at again.
//
// biome-ignore-all lint/a11y/useSemanticElements: rows that are not in the document, and scroll under their head, make no table of HTML
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and says which row is meant
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid has the keys
// biome-ignore-all lint/a11y/useAriaPropsSupportedByRole: both roles of a cell have a column

import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import type { WatchedBoard } from "../../watch/board.js";
import { useLive } from "../live.js";
import type { Fleet } from "../model/session.js";
import { type Column, cellText, columnOf, type FleetColumnName, fitting } from "./columns.js";
import { PresenceMark } from "./presence.js";
import { placesOf, revealed, sightOf } from "./scroll.js";
import type { FleetTable } from "./table.js";
import type { FleetWords } from "./words.js";

/** In CSS pixels; with fingers they are higher. */
const ROW = 30;
const TOUCH_ROW = 44;
const HEAD = 34;
/** Narrower ones have as many columns as fit; wider ones have all, and are scrolled. */
const NARROW = 640;

/** A row as it was drawn last, and all that it was drawn from. */
interface Drawn {
	readonly key: string;
	readonly node: VNode;
}

interface BoardGridProps {
	readonly table: FleetTable;
	readonly fleet: Fleet;
	/** The id of the board that is shown beside. */
	readonly chosen: string | undefined;
	readonly say: FleetWords;
	onSort(by: FleetColumnName): void;
	onOpen(id: string): void;
}

export function BoardGrid({ chosen, fleet, onOpen, onSort, say, table }: BoardGridProps) {
	useLive(fleet);
	const box = useRef<HTMLDivElement>(null);
	const [size, setSize] = useState({ width: 0, height: 0 });
	const [, show] = useReducer((count: number, _: undefined) => count + 1, 0);
	/** Where the arrows are. */
	const [active, setActive] = useState<string | undefined>(chosen);
	const drawn = useRef<readonly (Drawn | undefined)[]>([]);
	useLayoutEffect(() => {
		const observer = new ResizeObserver(([entry]) => {
			const { height, width } = entry!.contentRect;
			setSize({ width, height });
		});
		observer.observe(box.current!);
		return () => observer.disconnect();
	}, []);
	// Whoever comes back from the panel of a board is where that board is.
	useEffect(() => {
		if (chosen !== undefined) setActive(chosen);
	}, [chosen]);
	const { order, rows } = table;
	const isNarrow = size.width < NARROW;
	const rowHeight = isNarrow ? TOUCH_ROW : ROW;
	const columns = isNarrow ? fitting(table.columns, size.width, order.by) : table.columns;
	const template = columns.map(({ name, width }) =>
		name === "board" ? `minmax(${width}px, 2fr)` : `minmax(${width}px, 1fr)`,
	);
	const total = columns.reduce((sum, { width }) => sum + width, 0);
	const style = { gridTemplateColumns: template.join(" "), minWidth: `${isNarrow ? 0 : total}px` };
	const bodyHeight = Math.max(0, size.height - HEAD);
	const { from, to } = sightOf(box.current?.scrollTop ?? 0, bodyHeight, rowHeight, rows.length);
	const at = active === undefined ? -1 : rows.findIndex(({ id }) => id === active);
	const isActiveInSight = at >= from && at < to;
	const now = performance.now();

	const move = (row: number) => {
		const board = rows[Math.max(0, Math.min(row, rows.length - 1))];
		if (board === undefined) return;
		setActive(board.id);
		box.current!.scrollTop = revealed(rows.indexOf(board), box.current!.scrollTop, bodyHeight, rowHeight);
	};
	const handleKey = (event: KeyboardEvent) => {
		// The heads of the columns have keys of their own.
		if (event.target !== box.current || event.altKey || event.ctrlKey || event.metaKey) return;
		const page = Math.max(1, Math.floor(bodyHeight / rowHeight) - 1);
		const to = {
			ArrowDown: at + 1,
			ArrowUp: at - 1,
			PageDown: at + page,
			PageUp: at - page,
			Home: 0,
			End: rows.length,
		}[event.key];
		if (to !== undefined) move(to);
		else if ((event.key === "Enter" || event.key === " ") && at >= 0) onOpen(rows[at]!.id);
		else return;
		event.preventDefault();
	};

	// Rows that leave at one end come in at the other: elements are not made anew for that.
	const places = placesOf(bodyHeight, rowHeight);
	const before = drawn.current;
	const after: Drawn[] = [];
	const nodes: VNode[] = [];
	for (let row = from; row < to; row += 1) {
		const board = rows[row]!;
		const texts = columns.map(column =>
			column.name === "state" ? "" : cellText(board, column, table.extras, now, say.units),
		);
		const troubles = table.troubles.get(board.id);
		const look = `${board.presence}${board.missing > 0 ? "m" : ""}${board.id === chosen ? "c" : ""}${row === at ? "a" : ""}`;
		const key = [
			board.id,
			row,
			look,
			troubles?.join() ?? "",
			say.presence[board.presence],
			rowHeight,
			style.gridTemplateColumns,
			...texts,
		].join("\n");
		const last = before[row % places];
		const node =
			last?.key === key ? (
				last.node
			) : (
				<div
					key={row % places}
					id={idOf(board)}
					role="row"
					class={`fleet-row${row % 2 === 1 ? " odd" : ""}${row === at ? " active" : ""}${board.id === chosen ? " chosen" : ""}`}
					aria-rowindex={row + 2}
					aria-selected={board.id === chosen}
					style={{ ...style, height: `${rowHeight}px`, top: `${row * rowHeight}px` }}
					onClick={() => {
						setActive(board.id);
						onOpen(board.id);
					}}
				>
					{columns.map((column, i) => (
						<Cell
							key={column.name}
							board={board}
							column={column}
							text={texts[i]!}
							troubles={troubles}
							say={say}
							index={i}
						/>
					))}
				</div>
			);
		after[row % places] = { key, node };
		nodes.push(node);
	}
	drawn.current = after;
	return (
		<>
			{isNarrow && <SortField table={table} say={say} onSort={onSort} />}
			<div
				ref={box}
				class={`fleet-grid${total > size.width ? " fleet-wide" : ""}`}
				role="grid"
				tabIndex={0}
				aria-label={say.table}
				aria-rowcount={rows.length + 1}
				aria-colcount={columns.length}
				aria-activedescendant={isActiveInSight ? idOf(rows[at]!) : undefined}
				onScroll={() => show(undefined)}
				onKeyDown={handleKey}
				onFocus={() => {
					if (at < 0) move(from);
				}}
			>
				<div class="fleet-head" role="row" aria-rowindex={1} style={{ ...style, height: `${HEAD}px` }}>
					{columns.map(({ isText, name }, i) => (
						<div
							key={name}
							role="columnheader"
							aria-colindex={i + 1}
							aria-sort={order.by !== name ? "none" : order.isReversed ? "descending" : "ascending"}
							class={isText === true ? "text" : "number"}
						>
							<button type="button" title={say.heads[name][1]} onClick={() => onSort(name)}>
								{say.heads[name][0]}
								<span aria-hidden="true">{order.by !== name ? "" : order.isReversed ? " ↓" : " ↑"}</span>
							</button>
						</div>
					))}
				</div>
				<div class="fleet-body" role="rowgroup" style={{ height: `${rows.length * rowHeight}px` }}>
					{nodes}
				</div>
				{rows.length === 0 && <p class="hint fleet-empty">{table.totals.boards === 0 ? say.none : say.noneFits}</p>}
			</div>
		</>
	);
}

interface CellProps {
	readonly board: WatchedBoard;
	readonly column: Column;
	readonly text: string;
	readonly troubles: readonly string[] | undefined;
	readonly say: FleetWords;
	readonly index: number;
}

function Cell({ board, column: { isText, name }, index, say, text, troubles }: CellProps) {
	const kind = isText === true ? "text" : "number";
	if (name === "state")
		return (
			<div role="gridcell" aria-colindex={index + 1} class="text">
				<PresenceMark presence={board.presence} word={say.presence[board.presence]} />
				{troubles !== undefined && (
					<span class="fleet-trouble" title={say.troubleOf(troubles.join(", "))}>
						{" "}
						<span aria-hidden="true">⚠</span>
						<span class="quiet">{say.troubleOf(troubles.join(", "))}</span>
					</span>
				)}
			</div>
		);
	const isMissing = name === "missing" && board.missing > 0;
	return (
		<div
			role={name === "board" ? "rowheader" : "gridcell"}
			aria-colindex={index + 1}
			class={`${kind}${isMissing ? " fleet-missing" : ""}${text === "–" ? " none" : ""}`}
			title={isText === true ? text : undefined}
		>
			{text}
		</div>
	);
}

function SortField({ onSort, say, table }: Pick<BoardGridProps, "onSort" | "say" | "table">) {
	const { by, isReversed } = table.order;
	return (
		<div class="row fleet-sort">
			<label class="fleet-label" for="fleet-sort">
				{say.sortBy}
			</label>
			<select
				id="fleet-sort"
				value={by}
				onChange={({ currentTarget }) => onSort(table.columns.find(({ name }) => name === currentTarget.value)!.name)}
			>
				{table.columns.map(({ name }) => (
					<option key={name} value={name}>
						{say.heads[name][0]}
					</option>
				))}
			</select>
			<button type="button" onClick={() => onSort(columnOf(by).name)}>
				{isReversed ? `${say.descending} ↓` : `${say.ascending} ↑`}
			</button>
		</div>
	);
}

function idOf({ id }: WatchedBoard): string {
	return `fleet-row-${encodeURIComponent(id)}`;
}
