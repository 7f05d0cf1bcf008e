import { expect, it } from "vitest";
import { textReport } from "../../../host-sim/report/text.js";
import { NASTY, smallReport } from "../../support/report.js";

it("tells what there is to tell, in lines", () => {
	const pad = NASTY.length;
	expect(textReport(smallReport("thimble\x1b[2J run"))).toBe(`thimble?[2J run
0.4 s of virtual time, 2 boards

readings  4 published, 4 settled, 0 refused, 0 dropped, 0 lost; 3 arrived, 1 missing, 0 again at QoS 1, 1 at QoS 2
boards    0 reconnects, 1 restarts
memory    1234 bytes a board; each has 32768

ms                     p50       p90       p99       max     count
connect                 20        20        20        20         2
publish to ack           4         4         4         4         4
end to end               2         2         2         2         3

kept     every board came online: 2 of 2 did
BROKEN   what is settled has arrived: 1 settled readings have not arrived
BROKEN   nothing arrives twice at QoS 2: 1 readings came twice at QoS 2
unknown  orders are answered: no orders were given
kept     boards keep to the standard: 0 statements were broken

gap        ${NASTY}, boot 1, reading 1
duplicate  a, boot 1, reading 2

${"board".padEnd(pad)}  published    settled       lost reconnects   restarts       gaps    max ack    max e2e
${"a".padEnd(pad)}          2          2          0          0          0          0          4          2
${NASTY}          2          2          0          0          1          1          4          2
`);
});

it("counts the boards that are too many for a page", () => {
	const report = smallReport();
	const text = textReport({ ...report, boards: Array(25).fill(report.boards[0]) });
	expect(text.endsWith("\n… and 5 more\n")).toBe(true);
});
