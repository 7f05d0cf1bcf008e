// Whether a board is there: a sign and a word, since a colour alone is none.

import type { Presence } from "../../watch/board.js";

const SIGNS: Readonly<Record<Presence, string>> = { online: "●", offline: "○", sleeping: "◐", unknown: "?" };

export function PresenceMark({ presence, word }: { readonly presence: Presence; readonly word: string }) {
	return (
		<span class={`fleet-presence ${presence}`}>
			<span class="fleet-sign" aria-hidden="true">
				{SIGNS[presence]}
			</span>{" "}
			{word}
		</span>
	);
}
