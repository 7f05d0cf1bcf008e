// Entry on a board: the port's parts, and the board made of them. Built from the manifest in the root; what a build says, flash
// may know better (device/settings.ts):
//
//     mcconfig -d -m -p esp32 ssid=… password=… broker=192.168.1.10,broker.example

import config from "mc/config";
import { Board } from "thimble/device/board";
import { BoardClock, BoardRandom } from "thimble/port/clock";
import { BoardDigest } from "thimble/port/digest";
import { BoardMemory } from "thimble/port/memory";
import { join, macAddress, makeTrial, network, required } from "thimble/port/network";
import { BoardPower } from "thimble/port/power";
import { BoardResolver } from "thimble/port/resolver";
import { resource } from "thimble/port/resources";
import { makeSensor } from "thimble/port/sensors";
import { serialPort } from "thimble/port/serial";
import { recognizerMaker } from "thimble/port/sight";
import { BoardSocket } from "thimble/port/socket";
import { BoardStore } from "thimble/port/store";
import { BoardDatagram, setTime } from "thimble/port/time";
import { BoardTimer } from "thimble/port/timer";
import { BoardSignatures, engineOf } from "thimble/port/tls/engine";
import { updateParts } from "thimble/port/update";

/** The SDK calls it once all modules are loaded. */
export default function main(): void {
	const board = new Board({
		kind: "esp32",
		config,
		store: new BoardStore(),
		clock: new BoardClock(),
		random: new BoardRandom(),
		timer: BoardTimer,
		socket: BoardSocket,
		resolver: BoardResolver,
		makeSensor,
		makeRecognizer: recognizerMaker(),
		required,
		join,
		makeTrial,
		macAddress,
		network,
		power: new BoardPower(),
		memory: new BoardMemory(),
		security: { signatures: new BoardSignatures(), engine: engineOf, resource },
		makeDigest: () => new BoardDigest(),
		time: { socket: BoardDatagram, set: setTime },
		serial: serialPort(),
		update: updateParts(),
		trace: text => trace(`${text}\n`),
	});
	board.start();
}
