// All commands, in the order in which `thimble --help` has them.

import {
	BENCH,
	BROKER_ALONE,
	CERTS,
	DECODE,
	EXPORT,
	MODEL,
	REPLAY,
	RUN,
	SHOW,
	SWARM,
	UPDATE,
	USERS,
} from "./commands.js";
import { FIRMWARE } from "./firmware.js";
import type { Help } from "./help.js";
import { PROVISION } from "./provision.js";
import { PUB } from "./pub.js";
import { SINK } from "./sink.js";
import { SUB } from "./sub.js";
import { WATCH } from "./watch.js";

/** Whose options the command line's parser reads. */
export const READ_HERE: readonly Help[] = [RUN, SWARM, REPLAY, SHOW, EXPORT, BENCH, UPDATE, DECODE];
export const ALL: readonly Help[] = [
	...READ_HERE,
	PROVISION,
	PUB,
	SUB,
	SINK,
	WATCH,
	BROKER_ALONE,
	CERTS,
	USERS,
	MODEL,
	FIRMWARE,
];
