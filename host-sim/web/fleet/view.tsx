// All boards in a table: what each says of itself, sorted and filtered, and one of them in full beside it.

import { useEffect, useMemo, useReducer, useState } from "preact/hooks";
import { COLUMN_NAMES } from "../../watch/column.js";
import type { WatchedFleet } from "../../watch/fleet.js";
import type { Session } from "../model/session.js";
import { hrefOf, useRoute } from "../route.js";
import { useSession } from "../session.js";
import { useWords } from "../words.js";
import { BoardPanel } from "./board.js";
import { EXTRAS, type FleetColumnName } from "./columns.js";
import "./fleet.css";
import { BoardGrid } from "./grid.js";
import { PresenceMark } from "./presence.js";
import { FleetTable, type Scene } from "./table.js";
import { digits } from "./text.js";
import { type FleetWords, fleetWords } from "./words.js";

/** How often is looked at what changes with time alone, in ms. */
const TICK_MS = 250;
const PRESENCES = ["online", "offline", "sleeping", "unknown"] as const;

/** What there is to be shown. At another broker than the stage's own, the simulator's boards are not to be expected. */
function sceneOf({ desk, fleet, link, usual }: Stage): Scene {
	const isHome = link.destination === undefined || link.destination.url === usual;
	return {
		boards: fleet.watched.boards,
		casts: isHome ? (desk.hello?.boards ?? NOBODY) : NOBODY,
		troubles: isHome ? desk.troubles.values() : NOBODY,
	};
}

const NOBODY: readonly never[] = [];
type Stage = Pick<Session, "desk" | "fleet" | "link"> & { readonly usual: string };

export default function FleetView() {
	const say = useWords(fleetWords);
	const session = useSession();
	const [, chosen] = useRoute();
	const table = useMemo(() => new FleetTable(), [session]);
	const [, show] = useReducer((count: number, _: undefined) => count + 1, 0);
	const scene = () =>
		sceneOf({ desk: session.desk, fleet: session.fleet, link: session.link, usual: session.usual().url });
	useEffect(() => {
		let watched: WatchedFleet = session.fleet.watched;
		const look = () => {
			if (watched !== session.fleet.watched) table.forget();
			watched = session.fleet.watched;
			if (table.refresh(scene(), performance.now())) show(undefined);
		};
		look();
		const timer = setInterval(look, TICK_MS);
		return () => clearInterval(timer);
	}, [session, table]);
	/** What somebody has asked for is not waited for. */
	const showNow = () => {
		table.refresh(scene(), performance.now());
		show(undefined);
	};
	const sortBy = (name: FleetColumnName) => {
		table.sortBy(name);
		showNow();
	};
	const filter = (text: string) => {
		table.filter(text);
		showNow();
	};
	const close = () => {
		location.hash = hrefOf("fleet");
	};
	return (
		<div class={`fleet${chosen === undefined ? "" : " fleet-one"}`}>
			<section class="fleet-all" aria-label={say.boards}>
				<Summary table={table} say={say} />
				<FilterField table={table} say={say} onFilter={filter} />
				<BoardGrid
					table={table}
					fleet={session.fleet}
					chosen={chosen}
					say={say}
					onSort={sortBy}
					onOpen={id => {
						location.hash = hrefOf("fleet", id);
					}}
				/>
			</section>
			{chosen !== undefined && (
				<BoardPanel
					key={chosen}
					id={chosen}
					fleet={session.fleet}
					desk={session.desk}
					find={() => table.find(chosen, scene())}
					troubles={table.troubles.get(chosen) ?? NOBODY}
					cast={table.casts.get(chosen)}
					onClose={close}
				/>
			)}
		</div>
	);
}

function Summary({ say, table }: { readonly say: FleetWords; readonly table: FleetTable }) {
	const { boards, missing, perMinute } = table.totals;
	const ofBroker = table.troubles.get("");
	return (
		<p class="fleet-summary">
			<strong>{say.count(boards)}</strong>
			{PRESENCES.filter(each => table.totals[each] > 0).map(each => (
				<span key={each}>
					<PresenceMark presence={each} word={`${digits(table.totals[each])} ${say.presence[each]}`} />
				</span>
			))}
			<span>
				{digits(perMinute)} {say.perMinute}
			</span>
			<span class={missing > 0 ? "fleet-missing" : ""}>
				{digits(missing)} {say.missing}
			</span>
			{ofBroker !== undefined && (
				<span class="fleet-trouble">
					⚠ {say.brokerTrouble} {ofBroker.join(", ")}
				</span>
			)}
		</p>
	);
}

interface FilterFieldProps {
	readonly say: FleetWords;
	readonly table: FleetTable;
	onFilter(text: string): void;
}

function FilterField({ onFilter, say, table }: FilterFieldProps) {
	const [isOpen, setOpen] = useState(false);
	const { filterText, rows, wrong } = table;
	return (
		<div class="fleet-filter">
			<div class="row">
				<label class="fleet-label" for="fleet-filter">
					{say.filter}
				</label>
				<input
					id="fleet-filter"
					type="search"
					spellcheck={false}
					autocomplete="off"
					autocapitalize="none"
					placeholder={say.placeholder}
					value={filterText}
					aria-invalid={wrong !== undefined}
					aria-describedby="fleet-wrong"
					onInput={({ currentTarget }) => onFilter(currentTarget.value)}
				/>
				<button type="button" aria-expanded={isOpen} aria-controls="fleet-help" onClick={() => setOpen(!isOpen)}>
					{say.help}
				</button>
				<span class="hint" role="status">
					{filterText !== "" && wrong === undefined ? say.shown(rows.length) : ""}
				</span>
			</div>
			<p id="fleet-wrong" class="wrong" role="alert">
				{wrong !== undefined && `${say.wrong(wrong)} ${say.still}`}
			</p>
			{isOpen && (
				<div id="fleet-help" class="panel fleet-help">
					<p>{say.helpText}</p>
					<dl>
						{say.examples.map(([text, meaning]) => (
							<div key={text}>
								<dt>
									<button type="button" onClick={() => onFilter(text)}>
										<code>{text}</code>
									</button>
								</dt>
								<dd>{meaning}</dd>
							</div>
						))}
					</dl>
					<p class="hint">
						{say.columns} <code>{[...COLUMN_NAMES, ...EXTRAS].join(" ")}</code>
					</p>
				</div>
			)}
		</div>
	);
}
