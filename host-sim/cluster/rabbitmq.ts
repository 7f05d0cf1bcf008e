// A cluster of RabbitMQ nodes on this machine, as Debian has it (rabbitmq-server 3.10), each with its MQTT plugin on a port of
// 127.0.0.1: an existing distributed engine, for boards with a list of brokers. All that it writes is in one folder, and nothing of
// it needs root or the machine's own RabbitMQ: node names, ports, Erlang's port mapper and its cookie are its own.
//
// The first node stands before the others begin: they join it while they start (classic peer discovery), before their MQTT plugin
// does, so that the plugin's table of client ids is one from its first entry on. It is kept by Raft, as the queues of kept sessions
// are (quorum queues): both go on as long as most of the nodes are there.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export interface ClusterOptions {
	/** How many nodes. Default 3. */
	nodes?: number;
	/** The first node's MQTT port, the others' follow it. Default: any that are free. */
	port?: number;
	/** A node is there. */
	started?(node: ClusterNode): void;
	/** A node has gone, by itself or not. */
	gone?(node: ClusterNode): void;
}

/** Where Debian keeps what anybody may run: the programs in /usr/sbin want to be root's or RabbitMQ's own user's. */
const PROGRAMS = "/usr/lib/rabbitmq/bin";
const LOOPBACK = "127.0.0.1";
/** How long a node may take to start: it is seconds, and some of them on a busy machine. */
const START_MS = 120_000;
const LOOK_MS = 50;

const run = promisify(execFile);

/** Whether there is a RabbitMQ to be had here. */
export function hasRabbit(): boolean {
	return existsSync(join(PROGRAMS, "rabbitmq-server"));
}

/** What all nodes of a cluster have in common. */
interface Commons {
	readonly folder: string;
	readonly environment: NodeJS.ProcessEnv;
	/** Names of all nodes, the first one first. */
	readonly names: readonly string[];
}

export class ClusterNode {
	readonly name: string;
	/** From 1. */
	readonly number: number;
	readonly port: number;
	readonly #commons: Commons;
	readonly #folder: string;
	readonly #distributionPort: number;
	readonly #gone: (node: ClusterNode) => void;
	#process: ChildProcess | undefined;
	#ended: Promise<void> = Promise.resolve();

	constructor(
		commons: Commons,
		number: number,
		ports: { port: number; distributionPort: number },
		gone: (node: ClusterNode) => void,
	) {
		this.#commons = commons;
		this.number = number;
		this.name = commons.names[number - 1]!;
		this.port = ports.port;
		this.#distributionPort = ports.distributionPort;
		this.#gone = gone;
		this.#folder = join(commons.folder, `node-${number}`);
		mkdirSync(this.#folder);
		writeFileSync(this.#path("rabbitmq.conf"), this.#configuration());
		writeFileSync(this.#path("enabled_plugins"), "[rabbitmq_mqtt].\n");
	}

	/** The process, and all that it has started, are one group of that id. */
	get pid(): number | undefined {
		return this.#process?.pid;
	}

	/** Starts it, or starts it again with what it has on disk; resolves when it takes MQTT connections. */
	async start(): Promise<void> {
		if (this.#process !== undefined) return;
		const child = spawn(join(PROGRAMS, "rabbitmq-server"), {
			// A group of its own: it is killed with all that it has started, and Ctrl-C in a terminal is ours to hear.
			detached: true,
			stdio: "ignore",
			cwd: this.#folder,
			env: {
				...this.#commons.environment,
				// Else a shell stands before the node, which would end first, and leave us to clear away what the node still writes.
				RUNNING_UNDER_SYSTEMD: "true",
				RABBITMQ_NODENAME: this.name,
				RABBITMQ_DIST_PORT: `${this.#distributionPort}`,
				RABBITMQ_CONFIG_FILE: this.#path("rabbitmq"),
				RABBITMQ_MNESIA_BASE: this.#path("data"),
				RABBITMQ_LOG_BASE: this.#path("log"),
				RABBITMQ_ENABLED_PLUGINS_FILE: this.#path("enabled_plugins"),
				RABBITMQ_PID_FILE: this.#path("pid"),
				RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
			},
		});
		this.#process = child;
		this.#ended = new Promise(resolve => {
			const over = () => {
				this.#process = undefined;
				this.#gone(this);
				resolve();
			};
			child.once("exit", over);
			child.once("error", over);
		});
		const end = performance.now() + START_MS;
		while (!(await answers(this.port))) {
			if (this.#process === undefined) throw new Error(`${this.name} has ended while it started${this.#lastWords()}`);
			if (performance.now() > end) throw new Error(`${this.name} does not answer${this.#lastWords()}`);
			await sleep(LOOK_MS);
		}
	}

	/** As the power would: nothing is written down, no connection says goodbye. */
	async kill(): Promise<void> {
		this.#signal("SIGKILL");
		await this.#ended;
	}

	/** It neither goes on nor ends its connections, as a machine that hangs, until it is to go on. */
	freeze(isFrozen: boolean): void {
		this.#signal(isFrozen ? "SIGSTOP" : "SIGCONT");
	}

	/** The names of the nodes that this one sees running. */
	async running(): Promise<string[]> {
		const args = ["--quiet", "--node", this.name, "cluster_status", "--formatter", "json"];
		const { stdout } = await run(join(PROGRAMS, "rabbitmqctl"), args, { env: this.#commons.environment });
		return (JSON.parse(stdout) as { running_nodes: string[] }).running_nodes.sort();
	}

	/** The whole group; one that has ended is none. */
	#signal(signal: NodeJS.Signals): void {
		const { pid } = this;
		if (pid === undefined) return;
		try {
			process.kill(-pid, signal);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
		}
	}

	#path(name: string): string {
		return join(this.#folder, name);
	}

	#configuration(): string {
		const { names } = this.#commons;
		const settings = [
			// MQTT, and nothing else.
			"listeners.tcp = none",
			`mqtt.listeners.tcp.1 = ${LOOPBACK}:${this.port}`,
			"mqtt.allow_anonymous = true",
			// Kept sessions on most of the nodes, and not on the one alone where they have begun.
			"mqtt.durable_queue_type = quorum",
			// What nodes do that are cut off from the others: nothing, until most of them are there.
			"cluster_partition_handling = pause_minority",
			// The first one stands alone until the others come, and asks nobody.
			...(this.number === 1 ? [] : names).map((name, i) => `cluster_formation.classic_config.nodes.${i + 1} = ${name}`),
			"log.console = false",
			"log.file = node.log",
		];
		return `${settings.join("\n")}\n`;
	}

	#lastWords(): string {
		const path = this.#path("log/node.log");
		if (!existsSync(path)) return "";
		return `; its log ends:\n${readFileSync(path, "utf8").trimEnd().split("\n").slice(-5).join("\n")}`;
	}
}

export class RabbitCluster {
	readonly nodes: readonly ClusterNode[];
	readonly folder: string;
	/** Erlang's port mapper, by which the nodes find one another. */
	readonly #mapper: ChildProcess;

	private constructor(folder: string, mapper: ChildProcess, nodes: readonly ClusterNode[]) {
		this.folder = folder;
		this.#mapper = mapper;
		this.nodes = nodes;
	}

	/** Resolves when all nodes are one cluster; what has been started has ended where that fails. */
	static async start({ nodes: count = 3, port, started, gone }: ClusterOptions = {}): Promise<RabbitCluster> {
		const folder = mkdtempSync(join(tmpdir(), "thimble-cluster-"));
		writeFileSync(join(folder, ".erlang.cookie"), randomBytes(20).toString("hex"), { mode: 0o400 });
		const [mapperPort, ...others] = await freePorts(1 + 2 * count);
		const { HOME: _, ...inherited } = process.env;
		const environment = {
			...inherited,
			HOME: folder,
			LC_ALL: "C.UTF-8",
			ERL_EPMD_PORT: `${mapperPort}`,
			ERL_EPMD_ADDRESS: LOOPBACK,
			// The machine's own RabbitMQ has its say there.
			RABBITMQ_CONF_ENV_FILE: "/dev/null",
		};
		const mapper = spawn("epmd", [], { env: environment, stdio: "ignore" });
		const names = Array.from({ length: count }, (_, i) => `thimble-${i + 1}@localhost`);
		const nodes = names.map((_, i) => {
			const ports = { port: port === undefined ? others[i]! : port + i, distributionPort: others[count + i]! };
			return new ClusterNode({ folder, environment, names }, i + 1, ports, node => gone?.(node));
		});
		const cluster = new RabbitCluster(folder, mapper, nodes);
		const begin = async (node: ClusterNode) => {
			if (await answers(node.port)) throw new Error(`somebody else listens on port ${node.port}`);
			await node.start();
			started?.(node);
		};
		try {
			await new Promise((resolve, reject) => {
				mapper.once("spawn", resolve);
				mapper.once("error", () => reject(new Error("epmd of Erlang is not installed: it comes with rabbitmq-server")));
			});
			await begin(nodes[0]!);
			await Promise.all(nodes.slice(1).map(begin));
			const running = await nodes[0]!.running();
			if (running.length !== count)
				throw new Error(`of ${count} nodes there are only ${running.join(", ")} in the cluster`);
			return cluster;
		} catch (error) {
			await cluster.down();
			throw error;
		}
	}

	/** What boards are given as their broker: the nodes in this order. */
	get url(): string {
		return `mqtt://${this.nodes.map(({ port }) => `${LOOPBACK}:${port}`).join(",")}`;
	}

	/** Ends all of it; nothing is left behind. */
	async down(): Promise<void> {
		// Nobody is to remember anything, so nobody needs time for it.
		await Promise.all(this.nodes.map(node => node.kill()));
		const { exitCode, pid, signalCode } = this.#mapper;
		if (pid !== undefined && exitCode === null && signalCode === null) {
			const ended = new Promise(resolve => this.#mapper.once("exit", resolve));
			this.#mapper.kill("SIGKILL");
			await ended;
		}
		rmSync(this.folder, { recursive: true, force: true });
	}
}

/** So many ports that nobody has, no two the same. */
async function freePorts(count: number): Promise<number[]> {
	const servers = await Promise.all(
		Array.from({ length: count }, async () => {
			const server = createServer();
			await new Promise<void>((resolve, reject) => {
				server.once("error", reject);
				server.listen(0, LOOPBACK, resolve);
			});
			return server;
		}),
	);
	const ports = servers.map(server => (server.address() as { port: number }).port);
	await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))));
	return ports;
}

function answers(port: number): Promise<boolean> {
	return new Promise(resolve => {
		const socket = connect(port, LOOPBACK);
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
		socket.once("error", () => resolve(false));
	});
}

function sleep(milliseconds: number): Promise<void> {
	return new Promise(resolve => setTimeout(resolve, milliseconds));
}
