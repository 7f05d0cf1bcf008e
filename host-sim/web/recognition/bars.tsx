// How sure a network is: the likeliest labels, each with a bar.

import { tongue } from "../words.js";
import type { Guess } from "./result.js";
import { labelText, percentText } from "./words.js";

export function Bars({ top }: { readonly top: readonly Guess[] }) {
	return (
		<ol class="recognition-bars">
			{top.map(([label, share], i) => (
				<li key={i}>
					<span class="recognition-label" title={label}>
						{labelText(label, tongue.language)}
					</span>
					<span class="recognition-track" aria-hidden="true">
						<span class="recognition-bar" style={{ width: `${share * 100}%` }} />
					</span>
					<span class="recognition-percent">{percentText(share)}</span>
				</li>
			))}
		</ol>
	);
}
