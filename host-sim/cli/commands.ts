// The commands whose options the command line's parser reads: what is read, and what their help says.

import { epochsOf, FASHION_RECIPE } from "../model/recipe.js";
import type { Flag } from "./flags.js";
import { EXIT_FINE, EXIT_IMPOSSIBLE, type Help } from "./help.js";
import { HELP, json, NO_COLOUR, PROTOCOL, secure } from "./option.js";

const BROKER = "mqtt://[user[:password]@]host[:port], or mqtts://, ws://, wss://";
const CLIENT: Flag = { names: ["--client"], value: "NAME", help: "of a recording: only that client, by its id" };

export const RUN: Help = {
	command: "run",
	usage: ["[SCENARIO] [options]"],
	purpose: "Runs simulated boards; without --broker, with a broker of its own",
	options: {
		Options: [
			{ names: ["--devices"], value: "N", help: "how many boards (default 3)" },
			{ names: ["--seed"], value: "N", help: "where chance begins (default 1)" },
			{
				names: ["--broker"],
				value: "URL",
				help: `an existing broker: ${BROKER}; several of one cluster: mqtt://host:port,host:port`,
			},
			...secure(),
			{
				names: ["--broker-config"],
				value: "FILE",
				help: "the embedded broker's users, rules, limits and ports, as thimble broker has them (default: everybody on this machine)",
			},
			{ names: ["--port"], value: "PORT", help: "port of the embedded broker (default 1883, or the next free one)" },
			{ names: ["--qos"], value: "QOS", help: "of the readings: 0, 1 (default) or 2" },
			PROTOCOL,
			{ names: ["--interval"], value: "TIME", help: "from one reading to the next: 500ms, 1s, 2m (default 1s)" },
			{
				names: ["--home-assistant"],
				value: "[PREFIX]",
				help: "Home Assistant is to find the boards (default prefix homeassistant)",
			},
			{
				names: ["--model"],
				value: "FILE",
				help: "what boards that see have for a network (default: the one that comes with it)",
			},
			{
				names: ["--diagnostics"],
				value: "TIME",
				help: "boards tell that often how they are doing (default 5s where a page shows boards of no scenario, else never)",
			},
			{ names: ["--duration"], value: "TIME", help: "stop after that time (default: at Ctrl-C)" },
			{ names: ["--speed"], value: "N", help: "in virtual time: so many times real time, or max" },
			{
				names: ["--until"],
				value: "TIME",
				help: "stop at that time of the scenario; in virtual time, as fast as it goes without --speed",
			},
			{
				names: ["--engine"],
				value: "ENGINE",
				help: "node (default), or xs: each board a real XS machine in a process of its own",
			},
			{
				names: ["--heap"],
				value: "SIZE",
				help: "with --engine xs: memory of a board, such as 24k (default 32k, or 64k for whole boards)",
			},
			{
				names: ["--shard"],
				value: "N/COUNT",
				help: "the boards of one part, such as 2/8; the others run elsewhere, and all meet at --broker",
			},
			{ names: ["--jobs"], value: "N", help: "run it in so many parts, each a process of its own on this machine" },
			{ names: ["--run"], value: "NAME", help: "of parts: which run they are of (default: by scenario and seed)" },
			{ names: ["--wait"], value: "TIME", help: "of parts: how long they wait for each other (default 60s)" },
			{
				names: ["--check"],
				help: "tell each statement of the standard that a board breaks, and end with 1 (embedded broker)",
			},
			{
				names: ["--record"],
				value: "FILE",
				help: "take down every packet there, without passwords: see show, replay and export",
			},
			{
				names: ["--report"],
				value: "FILE",
				help: "write a report: .html .json .csv .xml (JUnit) or .txt; may be repeated",
			},
			{ names: ["--page"], value: "[PORT]", help: "the page's port (default 8080, or the next free one)" },
			{ names: ["--no-page"], help: "no page, as with --json and --duration where no --page is there" },
			{
				names: ["--host"],
				value: "ADDRESS",
				help: "where the page is found; from other machines it takes a token (default 127.0.0.1)",
			},
			{ names: ["--no-open"], help: "leave the browser closed (default: the page is shown in it, on a desktop)" },
			json("a line instead of a table"),
			NO_COLOUR,
			HELP,
		],
	},
	exits: [
		["0", "fine; also at Ctrl-C"],
		[
			"1",
			"no board came online, a part of it is missing, a promise was broken, --check found something, or a recording or report is not whole",
		],
		EXIT_IMPOSSIBLE,
	],
	examples: ["run", "run bad-night --until 24h --report night.html"],
};

export const SWARM: Help = {
	command: "swarm",
	usage: ["[options]"],
	purpose: "Plays worlds full of faults, a seed each, until a promise of the client is broken",
	options: {
		Options: [
			{ names: ["--seeds"], value: "N", help: "how many (default 1000)" },
			{ names: ["--first"], value: "SEED", help: "the first one (default 1)" },
			{ names: ["--jobs"], value: "N", help: "processes (default: as many as there are cores)" },
			json("in the end"),
			HELP,
		],
	},
	exits: [
		["0", "every promise was kept; also at Ctrl-C"],
		["1", "one was broken"],
		EXIT_IMPOSSIBLE,
		["130", "stopped at once by a second Ctrl-C"],
	],
	examples: ["swarm --seeds 200"],
};

export const REPLAY: Help = {
	command: "replay",
	usage: ["SEED [options]", "FILE [options]"],
	purpose: "Plays one seed of the swarm again, with everything that happens; or a recording, at its pace",
	options: {
		Options: [
			{ names: ["--faults"], value: "LIST", help: "of a seed: only these of its faults, such as 2,5; 0 for none" },
			{ names: ["--boards"], value: "LIST", help: "of a seed: only these of its boards" },
			{ names: ["--until"], value: "TIME", help: "of a seed: where the faults end" },
			{
				names: ["--speed"],
				value: "N",
				help: "of a recording: so many times its own pace, or max (default 1)",
			},
			CLIENT,
			json("a line"),
			HELP,
		],
	},
	exits: [EXIT_FINE, ["1", "of a seed: a promise was broken"], EXIT_IMPOSSIBLE],
	examples: ["replay 17 --faults 2,5", "replay night.jsonl --speed 10"],
};

export const SHOW: Help = {
	command: "show",
	usage: ["FILE [options]"],
	purpose: "Shows a recording, one line a packet",
	options: { Options: [CLIENT, json("a line"), HELP] },
	exits: [EXIT_FINE, EXIT_IMPOSSIBLE],
	examples: ["show night.jsonl --client cellar-03"],
};

export const EXPORT: Help = {
	command: "export",
	usage: ["FILE --to FILE [options]"],
	purpose: "Writes a recording as pcapng, for Wireshark and tshark",
	options: {
		Options: [
			{ names: ["--to"], value: "FILE", help: "where it shall be written, such as run.pcapng" },
			json("in the end"),
			HELP,
		],
	},
	exits: [EXIT_FINE, EXIT_IMPOSSIBLE],
	examples: ["export night.jsonl --to night.pcapng"],
};

export const BENCH: Help = {
	command: "bench",
	usage: ["URL [options]"],
	purpose: "Lets boards publish to any broker at a rate, and says how long things take there",
	options: {
		Options: [
			{ names: ["--devices"], value: "N", help: "how many boards (default 10)" },
			{ names: ["--rate"], value: "N", help: "messages a second of all together (default: as fast as it goes)" },
			{ names: ["--window"], value: "N", help: "messages under way for each board, above QoS 0 (default 16)" },
			{ names: ["--size"], value: "BYTES", help: "of each payload (default 64)" },
			{ names: ["--qos"], value: "QOS", help: "of the messages: 0, 1 (default) or 2" },
			PROTOCOL,
			{ names: ["--warm-up"], value: "TIME", help: "how long to publish before anything counts (default 1s)" },
			{ names: ["--duration"], value: "TIME", help: "how long to measure (default 10s)" },
			...secure(),
			{ names: ["--csv"], value: "FILE", help: "write a line for each second, and one for all" },
			json("a line: bench, progress, summary"),
			HELP,
		],
	},
	exits: [
		EXIT_FINE,
		["1", "some boards did not come online, or the rate was missed by more than 5 %"],
		EXIT_IMPOSSIBLE,
	],
	examples: ["bench mqtt://localhost --devices 50 --rate 2000"],
};

export const UPDATE: Help = {
	command: "update",
	usage: ["FILE --release VERSION --device IDS --key FILE [options]", "--new-key FILE [--ed25519]"],
	purpose: "Signs new firmware and brings it to boards; --new-key makes the key",
	options: {
		Options: [
			{ names: ["--device"], value: "IDS", help: "which boards: their ids, with commas between them" },
			{ names: ["--release"], value: "VERSION", help: "the version that it is, such as 1.2.0" },
			{ names: ["--key"], value: "FILE", help: "the private key that signs it, in PEM" },
			{ names: ["--kind"], value: "NAME", help: "what kind of board it is for (default thimble)" },
			{ names: ["--downgrade"], help: "it may take the place of a newer version" },
			{ names: ["--broker"], value: "URL", help: `an existing broker: ${BROKER} (default localhost)` },
			PROTOCOL,
			...secure("--cert-key"),
			{
				names: ["--timeout"],
				value: "TIME",
				help: "end with code 27 after that time (default: when all boards are done, or at Ctrl-C)",
			},
			{
				names: ["--new-key"],
				value: "FILE",
				help: "make a private key in that file, and print the public one for updateKey=",
			},
			{
				names: ["--ed25519"],
				help: "with --new-key: of Ed25519, which the SDK's boards cannot verify (default P-256)",
			},
			json("a line"),
			HELP,
		],
	},
	exits: [
		["0", "all boards run it"],
		["1", "one of them does not, or it did not work"],
		EXIT_IMPOSSIBLE,
		["27", "out of time (--timeout)"],
		["130, 143", "stopped by a signal; the offer stays, and the same command goes on with what is there"],
	],
	examples: [
		"update --new-key key.pem",
		"update thimble.bin --release 1.2.0 --device greenhouse-1,greenhouse-2 --key key.pem",
	],
};

export const DECODE: Help = {
	command: "decode",
	usage: ["[HEX …] [options]"],
	purpose: "Takes packets in hexadecimal apart, bit by bit; from standard input where none are given",
	options: {
		Options: [
			{ names: ["--file"], value: "FILE", help: "read them from that file" },
			{
				names: ["-V", "--protocol"],
				value: "VERSION",
				help: "version of MQTT: 3.1.1 or 5 (default: as CONNECT says, or as they look)",
			},
			{ names: ["--secrets"], help: "show passwords and authentication data" },
			json("a packet"),
			HELP,
		],
	},
	exits: [EXIT_FINE, ["1", "something is wrong with a packet"], ["2", "no packet, or something that cannot be"]],
	examples: ["decode 82 09 00 05 00 00 03 61 2f 2b 09"],
};

export const BROKER_ALONE: Help = {
	command: "broker",
	usage: ["[--config FILE] [options]", "--check FILE"],
	purpose: "Runs the embedded broker alone, with users, TLS, WebSocket and access rules",
	options: {
		Options: [
			{
				names: ["-c", "--config"],
				value: "FILE",
				help: "its configuration (default: this machine alone, and everybody on it)",
			},
			{
				names: ["--check"],
				value: "FILE",
				help: "say what is wrong with a configuration, or that it is fine, and no more",
			},
			{ names: ["-p", "--port"], value: "PORT", help: "without a configuration: the port (default 1883)" },
			{ names: ["--metrics"], value: "SECONDS", help: "from one line of metrics to the next (default 60)" },
			json("a line"),
			HELP,
		],
	},
	more: {
		Notes: [
			"It speaks MQTT 3.1.1 and 5.0, and keeps nothing on disk.",
			"At SIGHUP it reads users, tokens' keys and access rules of its configuration again.",
		],
	},
	exits: [["0", "stopped by Ctrl-C or a signal; with --check: it is fine"], EXIT_IMPOSSIBLE],
	examples: ["broker --config broker.json", "broker --check broker.json"],
};

export const CERTS: Help = {
	command: "certs",
	usage: ["--to DIR [--name HOST]… [--client ID]… [options]"],
	purpose: "Makes certificates for a broker and its clients, and an authority that signs them",
	options: {
		Options: [
			{ names: ["--to"], value: "DIR", help: "where they go; an authority that is there signs again" },
			{ names: ["--name"], value: "HOST", many: true, help: "for the broker: a name or address that clients use" },
			{ names: ["--client"], value: "ID", many: true, help: "for a client: its user name" },
			{ names: ["--days"], value: "N", help: "how long they hold (default 365)" },
			{ names: ["--rsa"], help: "keys of RSA, which the boards of Moddable's SDK need, not P-256" },
			{ names: ["--force"], help: "write over those that are there; never over an authority" },
			json("a file"),
			HELP,
		],
	},
	more: {
		Files: [
			"ca.pem, ca.key: the authority; whoever has its key can be anybody",
			"server.pem, server.key: a broker that is found under each --name",
			"client-ID.pem, client-ID.key: each --client. Keys are for their owner alone (mode 0600).",
		],
	},
	exits: [EXIT_FINE, EXIT_IMPOSSIBLE],
	examples: ["certs --to certs --name broker.example --name 192.168.1.10 --client attic-01"],
};

export const USERS: Help = {
	command: "users",
	usage: ["FILE add NAME [options]", "FILE remove NAME", "FILE list"],
	purpose: "Keeps the password file of thimble broker, or of mosquitto",
	options: {
		Options: [
			{ names: ["--password-file"], value: "FILE", help: "the password, in a file; - for standard input" },
			{ names: ["--mosquitto"], help: "in mosquitto's form, which the embedded broker reads, too" },
			{ names: ["--force"], help: "with add: a user that is there gets the new password" },
			json("a line"),
			HELP,
		],
	},
	more: {
		Notes: [
			"The file holds what scrypt makes of passwords, or PBKDF2 for mosquitto, and is for its owner alone (mode 0600).",
			"A broker that runs reads it again at SIGHUP.",
		],
	},
	exits: [EXIT_FINE, EXIT_IMPOSSIBLE, ["130", "stopped by Ctrl-C while it asked for the password"]],
	examples: ["users users.txt add attic-01", "users users.txt list"],
};

export const MODEL: Help = {
	command: "model",
	usage: ["train [options]", "info FILE [options]", "run FILE PICTURE… [options]", "pictures --to DIR [options]"],
	purpose: "Trains a network that recognises pictures on a board, says how good it is, and tries it",
	options: {
		Options: [
			{
				names: ["--to"],
				value: "FILE",
				help: "of train: where the model goes (default fashion.model); of pictures: a folder",
			},
			{ names: ["--force"], help: "write over a file that is there" },
			json("a line: epoch, trained, model, answer, pictures"),
			HELP,
		],
		"Options of train": [
			{ names: ["--seed"], value: "N", help: "where chance begins (default 1)" },
			{ names: ["--epochs"], value: "N", help: `times through all pictures (default ${epochsOf(FASHION_RECIPE)})` },
			{
				names: ["--workers"],
				value: "N",
				help: "threads (default: as many as there are cores); the model is the same",
			},
		],
	},
	more: {
		Notes: [
			"train and the accuracy of info want Fashion-MNIST: Debian's package dataset-fashion-mnist (npm run setup).",
			"The same seed and epochs give the same file, bit for bit, on any machine.",
			"Pictures are idx files, PGM, PNG (8 bits, no palette), or bytes of grey alone: 0 is the background.",
			"pictures writes some of those to test with as two idx files, for boards to look at.",
		],
	},
	exits: [EXIT_FINE, EXIT_IMPOSSIBLE, ["130", "stopped by Ctrl-C before the model was there; no file is written"]],
	examples: ["model train --to fashion.model", "model info fashion.model", "model run fashion.model shoe.png"],
};
