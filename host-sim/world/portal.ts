// A captive portal: the network lets everybody in, says that every name is its own, and answers whatever it is sent as a web
// server would that wants somebody to agree to something first.

import type { Accept } from "../transport.js";

/** Where every name leads. */
export const PORTAL_ADDRESS = "192.0.2.1";

const ANSWER =
	"HTTP/1.1 302 Found\r\nLocation: http://portal.example/welcome\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/** Takes every connection, wherever it was to go, and answers the first bytes. */
export const acceptAsPortal: Accept = transport => ({
	handleData() {
		transport.write(Uint8Array.from(ANSWER, character => character.charCodeAt(0)));
		transport.close();
	},
	handleClose() {},
});
