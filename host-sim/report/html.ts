// A report as one HTML file that opens from disk: its style sheet and its plots are in it, it has no scripts, and it asks nobody for
// anything. Light or dark as the reader's system is.

import { escaped } from "./markup.js";
import { barPlot, timePlot } from "./plot.js";
import { lengthOf, type Report } from "./report.js";
import { LATENCIES } from "./text.js";

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #6a737d; --rule: #d8dee4; --panel: #f6f8fa;
	--published: #0969da; --acknowledged: #bc4c00; --arrived: #1a7f37; --good: #1a7f37; --bad: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --faint: #8d96a0; --rule: #30363d;
	--panel: #161b22; --published: #58a6ff; --acknowledged: #f0883e; --arrived: #56d364; --good: #56d364; --bad: #ff7b72; } }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--paper); color: var(--ink);
	font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } .faint, .none { color: var(--faint); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { color: var(--faint); font-weight: 600; }
ul { list-style: none; margin: 0; padding: 0; } li { padding: .15rem 0; }
.kept b { color: var(--good); } .broken b { color: var(--bad); } .unknown b { color: var(--faint); }
figure { margin: .5rem 0; padding: .5rem; background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; }
figcaption { font-size: .85rem; color: var(--faint); } svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--faint); font-size: 11px; } .grid { stroke: var(--rule); }
.mark { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 4 3; opacity: .7; } .bar { fill: var(--published); }
.curve { fill: none; stroke-width: 1.8; } .area { stroke: none; opacity: .6; }
.published { stroke: var(--published); } .acknowledged { stroke: var(--acknowledged); stroke-dasharray: 6 3; }
.arrived { stroke: var(--arrived); stroke-dasharray: 2 3; } .online { fill: var(--arrived); }
i { display: inline-block; width: 1.4rem; height: .3rem; margin: 0 .3rem 0 .8rem; vertical-align: middle; }
i.published { background: var(--published); } i.acknowledged { background: var(--acknowledged); } i.arrived { background: var(--arrived); }
`;

const WORDS = { kept: "kept", broken: "broken", unknown: "not known" } as const;
/** Lines of a table; more are in the other forms. */
const MOST = 500;

type Cell = string | number | null | undefined;

export function htmlReport(report: Report): string {
	const { boards, clock, durationMs, title } = report;
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p class="faint">${durationMs / 1000} s of ${clock} time, ${boards.length} ${boards.length === 1 ? "board" : "boards"}</p>
${[promises, figures, latencies, flow, online, wrong, fleet].map(part => part(report)).join("\n")}
</body>
</html>
`;
}

function promises({ judgements }: Report): string {
	const items = judgements.map(
		({ detail, name, verdict }) =>
			`<li class="${verdict}"><b>${WORDS[verdict]}</b> ${escaped(name)} <span class="faint">${escaped(detail)}</span></li>`,
	);
	return `<h2>What was promised</h2>\n<ul>\n${items.join("\n")}\n</ul>`;
}

function figures({ memory, summary }: Report): string {
	const { arrived, dropped, duplicatesQos1, duplicatesQos2, faults = {}, gaps, lost } = summary;
	const kinds = Object.entries(faults).map(([kind, count]) => `${kind} ${count}`);
	const lines: (readonly [string, Cell])[] = [
		["published", summary.published],
		["settled", summary.settled],
		["refused", summary.refused],
		["dropped", dropped],
		["lost", lost],
		["arrived", arrived],
		["missing", gaps],
		["again at QoS 1", duplicatesQos1],
		["again at QoS 2", duplicatesQos2],
		["reconnects", summary.reconnects],
		["restarts", summary.restarts],
		["bytes on the wire", summary.wireBytes],
		["memory a board, in bytes", memory.bytesPerBoard],
		...(memory.heapBytes === undefined ? [] : [["heap of a board, in bytes", memory.heapBytes] as const]),
		...(kinds.length === 0 ? [] : [["faults", kinds.join(", ")] as const]),
	];
	return `<h2>Figures</h2>\n${table(
		["", ""],
		lines.filter(([, value]) => value !== undefined),
	)}`;
}

function latencies({ bars, latency }: Report): string {
	const names = Object.keys(LATENCIES) as (keyof typeof LATENCIES)[];
	const rows = names.map(key => {
		const { count, max, mean, min, p50, p90, p99 } = latency[key];
		return [LATENCIES[key], min, mean, p50, p90, p99, max, count];
	});
	const plots = names.map(key => {
		const name = LATENCIES[key];
		const caption = `${name}: how many took how long; the lines are p50, p90 and p99`;
		return figure(caption, barPlot(caption, bars[key], latency[key]));
	});
	return `<h2>How long it takes, in ms</h2>\n${table(["", "min", "mean", "p50", "p90", "p99", "max", "count"], rows)}\n${plots.join("\n")}`;
}

function flow({ series: { marks, sliceMs, slices } }: Report): string {
	const names = ["published", "acknowledged", "arrived"] as const;
	const plot = timePlot({
		label: "Readings a second",
		sliceMs,
		marks,
		curves: names.map(name => ({
			name,
			className: name,
			values: slices.map(slice => (slice[name] * 1000) / sliceMs),
		})),
	});
	const legend = names.map(name => `<i class="${name}"></i>${name}`).join("");
	const faults = marks.length === 0 ? "" : "; dashed lines are faults";
	return `<h2>Over time</h2>\n${figure(`Readings a second${faults}`, plot, legend)}`;
}

function online({ series: { marks, sliceMs, slices } }: Report): string {
	const curves = [{ name: "online", className: "online", values: slices.map(slice => slice.online) }];
	const label = "Boards online, the fewest of each moment";
	return figure(label, timePlot({ label, sliceMs, marks, curves, isFilled: true }));
}

function wrong({ gaps, repeats, unlisted }: Report): string {
	if (gaps.length + repeats.length === 0) return "";
	const rows = [
		...gaps.map(gap => ["gap", gap.device, gap.boot, `${gap.from} to ${gap.to}`, lengthOf(gap)]),
		...repeats.map(({ boot, device, seq }) => ["duplicate", device, boot, seq, 1]),
	];
	return `<h2>Gaps and duplicates</h2>\n${table(["", "board", "boot", "readings", "how many"], rows, unlisted)}`;
}

function fleet({ boards }: Report): string {
	const head = [
		"board",
		"published",
		"settled",
		"refused",
		"dropped",
		"lost",
		"reconnects",
		"restarts",
		"gaps",
		"twice",
	];
	const rows = boards.map(board => [
		board.device,
		board.published,
		board.settled,
		board.refused,
		board.dropped,
		board.lost,
		board.reconnects,
		board.restarts,
		board.gaps,
		board.duplicatesQos2,
		board.slowest.connect,
		board.slowest.acknowledged,
		board.slowest.arrived,
	]);
	return `<h2>Boards</h2>\n${table([...head, "max connect", "max ack", "max end to end"], rows)}`;
}

function figure(caption: string, plot: string, legend = ""): string {
	return `<figure>\n<figcaption>${escaped(caption)}${legend}</figcaption>\n${plot}\n</figure>`;
}

function table(head: readonly string[], rows: readonly (readonly Cell[])[], unlisted = 0): string {
	const cells = (name: string, row: readonly Cell[]) =>
		row.map(cell => `<${name}>${escaped(String(cell ?? "–"))}</${name}>`).join("");
	const more = Math.max(0, rows.length - MOST) + unlisted;
	const lines = rows.slice(0, MOST).map(row => `<tr>${cells("td", row)}</tr>`);
	const heading = head.every(name => name === "")
		? ""
		: `<thead><tr>${cells(
				"th",
				head.map(name => name || " "),
			)}</tr></thead>\n`;
	return `<div class="scroll"><table>\n${heading}<tbody>\n${lines.join("\n")}\n</tbody></table></div>${more > 0 ? `\n<p class="faint">… and ${more} more</p>` : ""}`;
}
