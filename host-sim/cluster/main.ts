// npm run cluster: three RabbitMQ nodes on this machine as one cluster, until Ctrl-C. Meanwhile a line on standard input does
// something to one of them: "kill 2", "freeze 2", "thaw 2", "start 2".

import { createInterface } from "node:readline";
import { type ClusterNode, hasRabbit, RabbitCluster } from "./rabbitmq.js";

/** The first node's MQTT port, unless another is given: one that no broker usually has. */
const DEFAULT_PORT = 18_831;
const MOST_NODES = 9;
/** As shells have it for SIGINT. */
const STOPPED = 130;

const USAGE = `npm run cluster [-- --nodes N] [--port P]

Starts N RabbitMQ nodes (3, or 1 to ${MOST_NODES}) as one cluster, with MQTT on the ports P (${DEFAULT_PORT}) and those behind it, until Ctrl-C.
A line on standard input does something to a node: kill 2, freeze 2, thaw 2, start 2.
`;

class Misused extends Error {}

function optionsIn(words: readonly string[]): { nodes: number; port: number } {
	const options = { nodes: 3, port: DEFAULT_PORT };
	for (let i = 0; i < words.length; i += 2) {
		const value = Number(words[i + 1]);
		const most = words[i] === "--nodes" ? MOST_NODES : words[i] === "--port" ? 65_535 - MOST_NODES : 0;
		if (!(Number.isInteger(value) && value >= 1 && value <= most)) throw new Misused(`${words.slice(i).join(" ")}?`);
		options[words[i] === "--nodes" ? "nodes" : "port"] = value;
	}
	return options;
}

function say(text: string): void {
	process.stdout.write(`${text}\n`);
}

/** Does what a line says. */
async function obey(line: string, nodes: readonly ClusterNode[]): Promise<void> {
	const [, verb, number] = /^\s*(kill|freeze|thaw|start)\s+(\d+)\s*$/.exec(line) ?? [];
	const node = nodes[Number(number) - 1];
	if (node === undefined) {
		if (line.trim() !== "") say("kill N, freeze N, thaw N or start N, of a node that there is");
		return;
	}
	if (verb === "kill") await node.kill();
	else if (verb === "start") {
		await node.start();
		say(`Node ${node.number}    started again`);
	} else {
		node.freeze(verb === "freeze");
		say(`Node ${node.number}    ${verb === "freeze" ? "hangs" : "goes on"}`);
	}
}

async function main(words: readonly string[]): Promise<number> {
	if (words.includes("--help")) {
		process.stdout.write(USAGE);
		return 0;
	}
	const options = optionsIn(words);
	if (!hasRabbit()) {
		console.error("RabbitMQ is not installed: npm run setup installs Debian's rabbitmq-server");
		return 1;
	}
	let isStopping = false;
	const stopped = new Promise<void>(resolve => {
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
			process.on(signal, () => {
				isStopping = true;
				resolve();
			});
	});
	const cluster = await RabbitCluster.start({
		...options,
		started: ({ number, pid, port }) => say(`Node ${number}    mqtt://127.0.0.1:${port}, process ${pid}`),
		gone: ({ number }) => {
			if (!isStopping) say(`Node ${number}    has gone; start ${number} starts it again`);
		},
	});
	say(`Boards    npm start -- --no-page --broker ${cluster.url}`);
	say("Stop      Ctrl-C");
	const { nodes } = cluster;
	const lines = createInterface({ input: process.stdin });
	lines.on("line", line => {
		void obey(line, nodes).catch(error => console.error((error as Error).message));
	});
	await stopped;
	lines.close();
	await cluster.down();
	return STOPPED;
}

main(process.argv.slice(2)).then(
	code => process.exit(code),
	error => {
		console.error(error instanceof Misused ? `${error.message}\n\n${USAGE}` : (error as Error).message);
		process.exit(error instanceof Misused ? 2 : 1);
	},
);
