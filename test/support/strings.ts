// Strings as MQTT has them and as it has them not: what no peer may send, what any may, and every place where this client
// sends one.

import { properties } from "../../firmware/mqtt/property.js";
import { online, Peer, type PeerOptions } from "./peer.js";

/** Hex of what is no UTF-8: RFC 3629 allows none of these sequences. */
export const ILL_FORMED: readonly string[] = [
	// Continuation bytes alone, and bytes that begin nothing.
	...["80", "bf", "6180", "c0", "c1", "f5", "f8", "fe", "ff"],
	// Cut short: at the end of the string, and by another character.
	...["c3", "e2", "e282", "f0", "f09f", "f09f98", "c361", "e26161", "e28261", "f0616161", "f09f9861", "c3c3a9"],
	// Longer than they need to be.
	...["c080", "c0af", "c1bf", "e08080", "e09fbf", "f0808080", "f08fbfbf"],
	// Surrogates: the first and last of each half, and a pair.
	...["eda080", "edafbf", "edb080", "edbfbf", "eda0bdedb880"],
	// Above U+10FFFF.
	...["f4908080", "f7bfbfbf", "f8888080 80".replace(" ", ""), "fc8480808080"],
];

/** The first and last of each length, and of the ranges beside the surrogates; non-characters are characters here. */
export const WELL_FORMED: readonly string[] = [
	..."\u0001\u001f \u007f\u0080\u07ff\u0800\ud7ff\ue000\ufdd0\ufffd\ufffe\uffff",
	..."\u{10000}\u{1f600}\u{10ffff}",
	"grüße, 世界",
];

/** Strings that hold half a surrogate pair: they have no UTF-8. */
export const HALVES: readonly string[] = ["\ud800", "a\udbff", "\udc00b", "a\udfffb", "\udc00\ud800", "\ud83d \ude00"];

/** Sends the string in some place, and returns all that the client has sent since. */
export type Place = (text: string) => Uint8Array;

function connecting(options: PeerOptions): Uint8Array {
	const peer = new Peer(options);
	peer.client.open();
	peer.time.step();
	peer.socket.allow(1000);
	return peer.socket.takeWritten();
}

/** Every place where a client sends a string, by name; of 5.0 those in properties as well. */
export function placesOf(protocolVersion: 4 | 5): [name: string, place: Place][] {
	const sends = (act: (peer: Peer, text: string) => unknown) => (text: string) => {
		const peer = online({ protocolVersion });
		act(peer, text);
		return peer.socket.takeWritten();
	};
	const places: [string, Place][] = [
		["the client id", clientId => connecting({ protocolVersion, clientId })],
		["the user name", userName => connecting({ protocolVersion, userName })],
		["the will topic", topic => connecting({ protocolVersion, will: { topic } })],
		["a topic name", sends(({ client }, text) => client.publish(client.topic(text), Uint8Array.of(1)))],
		["a topic name by name", sends(({ client }, text) => client.publish(text, "x"))],
		["a filter", sends(({ client }, text) => client.subscribe(text, () => {}))],
	];
	if (protocolVersion === 4) return places;
	const inPublish = (list: (text: string) => Parameters<typeof properties>) =>
		sends(({ client }, text) => client.publish("a", "x", { properties: properties(...list(text)) }));
	return [
		...places,
		["a user property's name", inPublish(text => [[38, text, "v"]])],
		["a user property's value", inPublish(text => [[38, "k", text]])],
		["the content type", inPublish(text => [[3, text]])],
		["the response topic", inPublish(text => [[8, text]])],
		["CONNECT's user property", text => connecting({ protocolVersion, properties: properties([38, text, text]) })],
		[
			"the will's content type",
			text => connecting({ protocolVersion, will: { topic: "w", properties: properties([3, text]) } }),
		],
	];
}

/** True where the bytes hold this part somewhere. */
export function holds(bytes: Uint8Array, part: Uint8Array): boolean {
	for (let at = 0; at + part.length <= bytes.length; at += 1)
		if (part.every((byte, i) => bytes[at + i] === byte)) return true;
	return false;
}

/** A string as MQTT has it, in hex: its length and its bytes, which may be given as hex. */
export function asString(text: string | { hex: string }): string {
	const bytes = typeof text === "string" ? new TextEncoder().encode(text) : Buffer.from(text.hex, "hex");
	return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]).toString("hex");
}
