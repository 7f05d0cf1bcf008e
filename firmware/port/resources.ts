// What was built into the firmware beside its code, by name: the "data" of a manifest. It stays where it is, in flash.

import Resource from "Resource";

export function resource(name: string): Uint8Array | undefined {
	return Resource.exists(name) ? new Uint8Array(new Resource(name) as unknown as ArrayBuffer) : undefined;
}
