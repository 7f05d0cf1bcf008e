// Which view is shown, and what of it: "#/view/what". The browser's back and forward go from one to the other.

import { Live, useLive } from "./live.js";

class Route extends Live {
	/** Parts of the address behind #/, as they were before they were written there. */
	parts: readonly string[] = [];

	/** Begins to follow the address. */
	follow(): void {
		const read = () => {
			this.parts = partsOf(location.hash);
			this.changed();
		};
		addEventListener("hashchange", read);
		read();
	}
}

export function partsOf(hash: string): string[] {
	return hash
		.replace(/^#\/?/, "")
		.split("/")
		.filter(part => part !== "")
		.map(part => {
			try {
				return decodeURIComponent(part);
			} catch {
				return part;
			}
		});
}

/** An address within the page. */
export function hrefOf(...parts: readonly string[]): string {
	return `#/${parts.map(encodeURIComponent).join("/")}`;
}

export const route = new Route();

export function useRoute(): readonly string[] {
	useLive(route);
	return route.parts;
}
