// What one board has seen: its last answers, the newest first.

import { tongue, useWords } from "../words.js";
import type { Album } from "./album.js";
import { NoPixels, Pixels } from "./pixels.js";
import type { SeeingBoard } from "./recognitions.js";
import { labelText, percentText, recognitionWords } from "./words.js";

export function Told({ album, board }: { readonly album: Album; readonly board: SeeingBoard }) {
	const say = useWords(recognitionWords);
	const model = board.results[0]?.model;
	return (
		<section class="recognition-told" aria-label={say.history(board.name)}>
			<div class="recognition-scroll">
				<table>
					<caption>
						{say.history(board.name)} {model !== undefined && <span class="hint">{say.model(model)}</span>}
					</caption>
					<thead>
						<tr>
							<th scope="col">{say.time}</th>
							<th scope="col" class="number" colSpan={2}>
								{say.number}
							</th>
							<th scope="col">{say.answer}</th>
							<th scope="col" class="number">
								{say.confidence}
							</th>
							<th scope="col" class="number recognition-took">
								{say.took}
							</th>
							<th scope="col">{say.source}</th>
						</tr>
					</thead>
					<tbody>
						{board.results.map(({ at, boot, confidence, crc, isSent, label, ms, picture, seq, time }) => {
							const pixels = album.get(crc);
							const text = labelText(label, tongue.language);
							return (
								<tr key={`${boot} ${seq}`}>
									<td>{clockText(time ?? at)}</td>
									<td class="recognition-thumb">
										{pixels === undefined ? (
											<NoPixels label={say.unknownPicture} />
										) : (
											<Pixels pixels={pixels} label={say.pictureOf(text)} />
										)}
									</td>
									<td class="number">{picture}</td>
									<th scope="row" title={label}>
										{text}
									</th>
									<td class="number">{percentText(confidence)}</td>
									<td class="number recognition-took">{ms === undefined ? "–" : `${ms} ms`}</td>
									<td>{isSent ? say.sources.sent : say.sources.camera}</td>
								</tr>
							);
						})}
					</tbody>
				</table>
			</div>
		</section>
	);
}

function clockText(time: number): string {
	const date = new Date(time);
	return Number.isNaN(date.getTime()) ? "–" : date.toTimeString().slice(0, 8);
}
