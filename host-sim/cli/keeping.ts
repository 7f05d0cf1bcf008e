// What is kept of a run: a recording of every packet (--record), and reports (--report). However boards are run, it is the same.

import { UsageError } from "../fleet/scenario.js";
import { Recorder } from "../record/recorder.js";
import type { Entry } from "../record/recording.js";
import { Measures } from "../report/measures.js";
import { type Report, type ReportInput, reportOf } from "../report/report.js";
import type { Commentary } from "./commentary.js";
import { Recording } from "./record.js";
import { type ReportFile, reportFiles, titleOf, writeReports } from "./report.js";

export interface KeepingFlags {
	record?: unknown;
	report?: unknown;
}

export class Keeping {
	/** What takes the times of the run; absent where no report wants them. */
	readonly measures: Measures | undefined;
	readonly #scenario: string | undefined;
	readonly #file: string | undefined;
	readonly #reports: readonly ReportFile[];
	#recording: Recording | undefined;
	#failures: string[] = [];

	/** `scenario`: as it was named. Nothing is written yet. Throws UsageError where nothing could be. */
	constructor({ record, report }: KeepingFlags, scenario?: string) {
		if (Array.isArray(record)) throw new UsageError("--record: one file takes it all down: give it once");
		this.#scenario = scenario;
		this.#file = record === undefined ? undefined : String(record);
		this.#reports = reportFiles(report);
		if (this.#reports.some(({ path }) => path === this.#file))
			throw new UsageError(`--record and --report: ${this.#file} cannot be both: give each a file of its own`);
		this.measures = this.#reports.length > 0 ? new Measures() : undefined;
	}

	/** Whether packets are taken down. */
	get isRecorded(): boolean {
		return this.#file !== undefined;
	}

	/** The run begins. `startedAt`: the time of day, in ms since 1970. Throws UsageError where the recording cannot be written. */
	begin(seed: number, startedAt: number): void {
		const file = this.#file;
		const scenario = this.#scenario;
		if (file === undefined) return;
		this.#recording = new Recording({ file, ...(scenario !== undefined && { scenario }) }, seed, startedAt);
	}

	/** The next entry of the run's recorder. */
	put(entry: Entry): void {
		this.#recording?.put(entry);
	}

	/** Who takes down what is kept, and shows it to `viewer`. `originMs`: what its clock shows when the run begins. */
	recorder(viewer?: { put(entry: Entry): void }, originMs = 0): Recorder {
		return new Recorder({
			originMs,
			put: entry => {
				this.put(entry);
				viewer?.put(entry);
			},
		});
	}

	/** Resolves when no connection that is recorded stands any more; after that many ms in any case. */
	async goodbyes(mostMs: number): Promise<void> {
		await this.#recording?.goodbyes(mostMs);
	}

	/** Writes the reports, of what has been until now: what only the recording waits for is not in them. Returns what is in them. */
	report(input: Omit<ReportInput, "measures" | "title">): Report | undefined {
		const { measures } = this;
		if (measures === undefined) return undefined;
		const report = reportOf({ ...input, title: this.title, measures });
		this.write(report);
		return report;
	}

	/** What reports are called. */
	get title(): string {
		return titleOf(this.#scenario);
	}

	/** Writes that report, in each of its forms. */
	write(report: Report): void {
		this.#failures = writeReports(this.#reports, report);
	}

	/**
	 * Ends the recording, and tells of it around what `sumUp` prints, the run's own last words. False where something of
	 * what should be kept is not whole: why has been told.
	 */
	close(commentary: Pick<Commentary, "json" | "print">, sumUp: () => void): boolean {
		const recording = this.#recording;
		if (recording === undefined) sumUp();
		const isRecorded = recording?.close(commentary, sumUp) ?? true;
		for (const failure of this.#failures) console.error(`thimble: a report is not whole: ${failure}`);
		return isRecorded && this.#failures.length === 0;
	}
}
