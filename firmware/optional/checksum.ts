// CRC-32 as Ethernet has it: tells bytes that a power cut, a cable or flash has spoilt. It tells nobody who means harm.

/** Four bits at a time: a table of 16 numbers. */
const CRC = Object.freeze([
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320,
	0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]);

/** Of the first `end` bytes. */
export function checkSum(bytes: Uint8Array, end: number): number {
	let sum = -1;
	for (let i = 0; i < end; i += 1) {
		sum ^= bytes[i]!;
		sum = CRC[sum & 15]! ^ (sum >>> 4);
		sum = CRC[sum & 15]! ^ (sum >>> 4);
	}
	return ~sum >>> 0;
}
