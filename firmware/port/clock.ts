// firmware/io.ts's Clock and Random, on the SDK's.

import Time from "time";
import type { Clock, Random } from "../io.js";

/** A board's clock begins in 1970: a time before this one (2023) means that nobody has set it. */
const SOMEBODY_SET_IT = 1_672_531_200_000;

export class BoardClock implements Clock {
	now(): number {
		return Time.ticks | 0;
	}

	wall(): number {
		const wall = Date.now();
		return wall > SOMEBODY_SET_IT ? wall : 0;
	}
}

/** On ESP32 Math.random is the hardware's generator. */
export class BoardRandom implements Random {
	next(): number {
		return (Math.random() * 4_294_967_296) >>> 0;
	}
}
