// A program that publishes numbers at QoS 2, its session in a folder: it may be killed at any time. It prints each number that
// publish() has taken, and "settled" when, told to stop by its standard input's end, it has nothing under way any more.
//
//     node --import tsx test/support/numbers.ts PORT FOLDER

import { appendFileSync } from "node:fs";
import { Client } from "../../firmware/mqtt/client.js";
import { FlashStore } from "../../firmware/optional/store.js";
import { FolderKeyValue, NodeTimer, nodeClock, nodeRandom, TCP } from "../../host-sim/testing.js";

const [port, folder] = process.argv.slice(2);
const keyValue = new FolderKeyValue(folder!);
const client = new Client({
	host: "127.0.0.1",
	port: Number(port),
	clientId: "numbers",
	cleanSession: false,
	backoff: { baseMs: 20, capMs: 100 },
	socket: { io: TCP },
	timer: { io: NodeTimer },
	clock: nodeClock,
	random: nodeRandom,
	store: new FlashStore(keyValue),
	onDrained: () => {
		client.close();
		appendFileSync(1, "settled\n");
		process.exit(0);
	},
});
const topic = client.topic("numbers");
client.open();
let next = Number(Buffer.from(keyValue.read("next") ?? new ArrayBuffer(0)).toString() || 0);
const timer = setInterval(() => {
	// A number is used up before it is published: it may be left out, but never names two messages.
	keyValue.write("next", new Uint8Array(Buffer.from(String(next + 1))).buffer);
	const text = new TextEncoder().encode(String(next));
	if (client.publish(topic, text, text.length, 4) > 0) appendFileSync(1, `${next}\n`);
	next += 1;
}, 4);
process.stdin.on("end", () => {
	clearInterval(timer);
	client.drain(10_000);
});
process.stdin.resume();
