// What the port uses of a module of the SDK for which there are no types.

declare module "resetReason" {
	/** The number of ESP-IDF's `esp_reset_reason_t`. */
	export default function getResetReason(): { readonly reason: number; readonly string: string };
}
