// What a board is told when it is built: `mcconfig … ssid=… password=… broker=…`. All values are strings.

import { BAD_OPTION, Misuse } from "../mqtt/error.js";

export interface BrokerAddress {
	host: string;
	port: number;
	userName: string | undefined;
	password: string | undefined;
}

/**
 * Takes `[mqtt://][user[:password]@]host[:port]` apart; the port is 1883 where none is given. Without the percent-escapes
 * of a URL: whatever stands before the last `@` is user and password as they are. Throws Misuse.
 */
export function parseBroker(text: string): BrokerAddress {
	let rest = text;
	const scheme = rest.indexOf("://");
	if (scheme >= 0) {
		if (rest.slice(0, scheme) !== "mqtt") refuse("only mqtt:// is supported");
		rest = rest.slice(scheme + 3);
	}
	if (rest.endsWith("/")) rest = rest.slice(0, -1);
	let userName: string | undefined;
	let password: string | undefined;
	const at = rest.lastIndexOf("@");
	if (at >= 0) {
		const colon = rest.indexOf(":");
		userName = colon >= 0 && colon < at ? rest.slice(0, colon) : rest.slice(0, at);
		password = colon >= 0 && colon < at ? rest.slice(colon + 1, at) : undefined;
		if (userName === "") refuse("the user name is empty");
		rest = rest.slice(at + 1);
	}
	let port = 1883;
	const colon = rest.lastIndexOf(":");
	if (colon >= 0) {
		port = Number(rest.slice(colon + 1));
		if (!Number.isInteger(port) || port < 1 || port > 65_535) refuse("the port is not a number from 1 to 65535");
		rest = rest.slice(0, colon);
	}
	if (rest === "") refuse("the host is empty");
	return { host: rest, port, userName, password };
}

/** The message never repeats the text: it may hold a password. */
function refuse(why: string): never {
	throw new Misuse(BAD_OPTION, `broker: expected [mqtt://][user[:password]@]host[:port]; ${why}`);
}

/** A device id from a MAC address: `thimble-a4d18cdbc020`; `thimble` where there is none. */
export function deviceIdOf(mac: string | undefined): string {
	let digits = "";
	for (const character of mac ?? "") if (character !== ":") digits += character.toLowerCase();
	return digits === "" ? "thimble" : `thimble-${digits}`;
}
