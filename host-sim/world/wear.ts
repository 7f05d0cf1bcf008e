// What writing costs NVS, the key-value store in the flash of an ESP32, and how long flash lasts at that.
//
// From Espressif's documentation ("Non-Volatile Storage Library", Internals, docs/en/api-reference/storage/nvs_flash.rst) and
// sources (components/nvs_flash/src: nvs_storage.cpp, nvs_pagemanager.cpp, nvs_page.cpp): a page is a sector of 4,096 bytes,
// with 126 entries of 32 bytes behind a header and a bitmap. Entries are only ever appended. A blob takes one for its index,
// one for the head of its data, and the data, 32 bytes an entry; one that is written again as it was is not written. What is
// replaced or deleted is marked in the bitmap, which takes no entry. When a page is full the next begins; the last free one is
// kept, and for it the page with the fewest entries in use is copied and erased. So erasing goes around, and a page whose
// entries stay in use is left alone.
//
// A sector lasts for about 100,000 times (ESP-FAQ, "Non-Volatile Storage": "Typical flash lifetime is 100 k erase cycles").

/** What ESP-IDF gives NVS where nobody says otherwise; and the pages of it that Wi-Fi's own data fill. */
export const DEFAULT_PARTITION_BYTES = 0x6000;
export const WIFI_PAGES = 1;

const PAGE_BYTES = 4096;
/** Entries of a page. */
const PAGE_ENTRIES = 126;
const ENTRY_BYTES = 32;
const ERASE_CYCLES = 100_000;
/**
 * Entries at the end of a page that may stay empty: less than a tenth of the longest piece of a blob (4,000 bytes), and a
 * blob that does not fit begins on the next page.
 */
const MOST_LEFT_OVER = 12;
const DAYS_OF_YEAR = 365;

/** Entries that a blob of so many bytes takes. A page end in the middle of it costs one more. */
export function blobEntries(bytes: number): number {
	return 2 + Math.ceil(bytes / ENTRY_BYTES);
}

/** Entries that a partition of so many bytes can have in use: one page is always kept free. */
export function capacityOf(partitionBytes: number): number {
	return (Math.floor(partitionBytes / PAGE_BYTES) - 1) * PAGE_ENTRIES;
}

/**
 * Years that a partition lasts in which so many entries are written a day, counted from below: the end of each page is lost.
 * `stillPages` are those full of what never changes, such as Wi-Fi's own data, which take no part.
 */
export function yearsOfLife(partitionBytes: number, entriesADay: number, stillPages = 0): number {
	const pages = Math.floor(partitionBytes / PAGE_BYTES) - stillPages;
	return (pages * (PAGE_ENTRIES - MOST_LEFT_OVER) * ERASE_CYCLES) / entriesADay / DAYS_OF_YEAR;
}
