// firmware/io.ts's KeyValue in the SDK's simulator, which has no NVS: its preferences.

import Preference from "preference";
import type { KeyValue } from "../../io.js";

const DOMAIN = "thimble";

export class BoardStore implements KeyValue {
	read(key: string): ArrayBuffer | undefined {
		const value = Preference.get(DOMAIN, key);
		return value instanceof ArrayBuffer ? value : undefined;
	}

	write(key: string, value: ArrayBuffer): void {
		Preference.set(DOMAIN, key, value);
	}

	delete(key: string): void {
		Preference.delete(DOMAIN, key);
	}

	close(): void {}
}
