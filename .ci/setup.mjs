// Installs the Debian packages that some test suites want. Where it cannot, it says what is missing and how to get it.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const PACKAGES = [
	"mosquitto",
	"mosquitto-clients",
	// Another client beside MQTT.js, in Python.
	"python3-paho-mqtt",
	// Pairs of terminals, as serial ports.
	"python3",
	// What Home Assistant renders templates with.
	"python3-jinja2",
	// Wireshark without a window: what it makes of recordings.
	"tshark",
	// A cluster of brokers.
	"rabbitmq-server",
	// A real browser, which the tests of the page drive.
	"chromium",
	// Where readings go.
	"postgresql",
	// Certificates.
	"openssl",
	// Pictures to train a model with.
	"dataset-fashion-mnist",
	// The real engine: as a 64-bit and a 32-bit process, and for bare RISC-V.
	"gcc",
	"libc6-dev",
	"gcc-multilib",
	"gcc-riscv64-unknown-elf",
	"picolibc-riscv64-unknown-elf",
	"qemu-system-misc",
];

const isDebian = existsSync("/usr/bin/apt-get");
const isRoot = process.getuid?.() === 0;
const missing = isDebian ? PACKAGES.filter(name => !isInstalled(name)) : PACKAGES;

if (missing.length === 0) console.log(`Everything is there: ${PACKAGES.join(", ")}.`);
else if (isDebian && isRoot) install();
else {
	console.log(`Not installed: ${missing.join(", ")}. The tests that want them are skipped by name.`);
	if (isDebian) console.log(`As root:  apt-get install ${missing.join(" ")}`);
	else console.log("This is no Debian system: install the like of them with the means that it has.");
}

function isInstalled(name) {
	const { stdout } = spawnSync("dpkg-query", ["-W", "-f", `\${Status}`, name], { encoding: "utf8" });
	return stdout?.includes("install ok installed") ?? false;
}

function install() {
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	const apt = (...args) => spawnSync("apt-get", ["-qq", ...args], { stdio: "inherit", env }).status === 0;
	if (apt("update") && apt("install", "-y", "--no-install-recommends", ...missing)) return;
	console.error(`Could not install ${missing.join(", ")}.`);
	process.exit(1);
}
