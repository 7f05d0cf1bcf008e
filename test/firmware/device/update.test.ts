// New firmware over MQTT on virtual time: whole, in spite of everything, or not at all.

import { describe, expect, it } from "vitest";
import type { Offer } from "../../../firmware/device/offer.js";
import { Update } from "../../../firmware/device/update.js";
import { END_SETTLED, Misuse, RETAIN } from "../../../firmware/mqtt/client.js";
import { CUT_MODES, Flash } from "../../../host-sim/world/flash.js";
import { KEY, toyVerifier } from "../../support/toysigner.js";
import { imageOf, offerOf, Updated, type UpdatedOptions } from "../../support/updated.js";
import { TestWorld } from "../../support/world.js";

const NEW = imageOf("1.1.0");
const MINUTE = 60_000;

/** A board with old firmware that has come online. */
function online(options: UpdatedOptions = {}): Updated {
	const board = new Updated(options);
	board.machine.on();
	board.world.run(3000);
	return board;
}

function isDone(board: Updated): boolean {
	return board.last?.state === "confirmed";
}

/** Publishes an offer as it is, and lets the board answer. */
function refuses(board: Updated, offer: Partial<Offer> | string): string | undefined {
	const text = typeof offer === "string" ? offer : JSON.stringify(offer);
	board.states.splice(0);
	board.client.publish("thimble/b1/update/offer", text, { qos: 1 });
	board.world.run(2000);
	const { reason, state } = board.last ?? {};
	return state === "refused" ? reason : state;
}

describe("an update", () => {
	it("comes in pieces, is verified, runs, comes online and is confirmed", () => {
		const board = online();
		board.offer(NEW, offerOf(NEW, "1.1.0"));
		expect(board.world.runUntil(() => isDone(board), 2 * MINUTE)).toBe(true);
		board.world.run(100);
		expect(board.booted).toEqual(["1.0.0", "1.1.0"]);
		expect(board.said).toEqual([
			"idle on 1.0.0",
			"receiving 1.1.0 on 1.0.0",
			"verifying 1.1.0 on 1.0.0",
			"applied 1.1.0 on 1.0.0",
			"applied 1.1.0 on 1.1.0",
			"confirmed 1.1.0 on 1.1.0",
		]);
		expect(board.depot!.deliveries).toMatchObject([{ state: "confirmed", running: "1.1.0" }]);
		expect(board.depot!.isDone).toBe(true);
		expect(board.wants[0]).toMatchObject({ at: 0, bytes: 2048, chunk: 256 });
		expect(board.wants.length).toBe(5);
	});

	it("does not hinder readings: each of them arrives, in its rhythm, also while flash is written and hashed", () => {
		const board = online({ intervalMs: 100, update: { chunkBytes: 64, chunks: 1 } });
		board.offer(NEW, offerOf(NEW, "1.1.0"));
		const begun = board.readings.length;
		board.world.runUntil(() => board.last?.state === "applied", 2 * MINUTE);
		expect(board.readings.length - begun).toBeGreaterThan(25);
		board.world.runUntil(() => isDone(board), MINUTE);
		board.world.run(1000);
		for (const boot of ["1", "2"]) {
			const numbers = board.readings.filter(name => name.startsWith(`${boot}.`)).map(name => Number(name.slice(2)));
			expect(numbers).toEqual(numbers.map((_, i) => i + 1));
			expect(numbers.length).toBeGreaterThan(8);
		}
	});

	it("whose version runs already is none, and says so", () => {
		const board = online();
		expect(refuses(board, offerOf(imageOf("1.0.0"), "1.0.0"))).toBe("idle");
		expect(board.partitions.operations).toBe(0);
	});

	it("goes on to a later one, and back to the other slot", () => {
		const board = online();
		for (const [i, version] of ["1.1.0", "1.2.0", "1.3.0"].entries()) {
			const image = imageOf(version, 9000 + i);
			board.offer(image, offerOf(image, version, { issue: i }));
			expect(board.world.runUntil(() => isDone(board) && board.last?.version === version, 2 * MINUTE)).toBe(true);
		}
		expect(board.booted).toEqual(["1.0.0", "1.1.0", "1.2.0", "1.3.0"]);
	});

	it("of one byte, of a whole number of blocks, and of a whole slot", () => {
		for (const size of [33, 4096, 65_536]) {
			const board = online({ update: { chunks: 64 } });
			const image = imageOf("1.1.0", size);
			board.offer(image, offerOf(image, "1.1.0"));
			expect(board.world.runUntil(() => isDone(board), 2 * MINUTE)).toBe(true);
		}
	});

	it("is withdrawn by an empty offer, and begins anew with another", () => {
		const board = online({ update: { chunks: 1 } });
		board.offer(NEW, offerOf(NEW, "1.1.0"));
		board.world.runUntil(() => board.partitions.operations > 10);
		expect(refuses(board, "")).toBe("idle");
		const operations = board.partitions.operations;
		board.world.run(MINUTE);
		expect(board.partitions.operations).toBe(operations);
		const other = imageOf("1.2.0", 7000);
		board.offer(other, offerOf(other, "1.2.0"));
		expect(board.world.runUntil(() => isDone(board), 2 * MINUTE)).toBe(true);
		expect(board.booted).toEqual(["1.0.0", "1.2.0"]);
	});

	it("goes on where it is when the same image is offered once more", () => {
		const board = online({ update: { chunks: 1, noteBytes: 65_536 } });
		board.offer(NEW, offerOf(NEW, "1.1.0"));
		board.world.runUntil(() => board.partitions.operations > 10);
		board.client.publish("thimble/b1/update/offer", JSON.stringify(offerOf(NEW, "1.1.0", { issue: 2 })), { qos: 1 });
		expect(board.world.runUntil(() => isDone(board), 2 * MINUTE)).toBe(true);
		expect(board.last).toMatchObject({ issue: 2 });
		const places = board.wants.map(({ at }) => at);
		expect(places).toEqual([...places].sort((a, b) => a - b));
	});

	it("gives way to another offer in the middle, whose pieces alone are taken", () => {
		const board = online({ update: { chunks: 1 } });
		board.offer(NEW, offerOf(NEW, "1.1.0"));
		board.world.runUntil(() => board.partitions.operations > 10);
		const other = imageOf("1.2.0", 7000);
		board.offer(other, offerOf(other, "1.2.0", { issue: 2 }));
		expect(board.world.runUntil(() => isDone(board), 2 * MINUTE)).toBe(true);
		expect(board.booted).toEqual(["1.0.0", "1.2.0"]);
	});
});

describe("an offer is refused", () => {
	const whole = offerOf(NEW, "1.1.0");

	it.each<[string, Partial<Offer>]>([
		["another version", { version: "1.1.1" }],
		["another size", { size: NEW.length - 1 }],
		["another image", { sha256: whole.sha256.replace(/^./, digit => (digit === "0" ? "1" : "0")) }],
		["another number", { issue: 2 }],
		["another kind of board", { device: "toaster" }],
		["leave for a downgrade", { downgrade: true }],
	])("where it has been altered: %s", (_, altered) => {
		const board = online();
		expect(refuses(board, { ...whole, ...altered })).toBe("signature");
		expect([board.partitions.operations, board.wants]).toEqual([0, []]);
	});

	it("where somebody else has signed it, or it is for another kind of board, too large or no offer", () => {
		const board = online();
		const other = Uint8Array.from(KEY, byte => byte ^ 1);
		expect(refuses(board, offerOf(NEW, "1.1.0", {}, other))).toBe("signature");
		expect(refuses(board, offerOf(NEW, "1.1.0", { device: "toaster" }))).toBe("device");
		const large = imageOf("1.1.0", 65_537);
		expect(refuses(board, offerOf(large, "1.1.0"))).toBe("size");
		for (const text of ["{", "null", "[]", "1.1.0", JSON.stringify({ ...whole, version: "1.1" })])
			expect(refuses(board, text)).toBe("malformed");
		expect([board.partitions.operations, board.wants, board.booted]).toEqual([0, [], ["1.0.0"]]);
	});

	it("where it is older than what runs, unless its signature allows that", () => {
		const board = online();
		const old = imageOf("0.9.0");
		expect(refuses(board, offerOf(old, "0.9.0"))).toBe("downgrade");
		board.offer(old, offerOf(old, "0.9.0", { downgrade: true, issue: 2 }));
		expect(board.world.runUntil(() => isDone(board), 2 * MINUTE)).toBe(true);
		expect(board.booted).toEqual(["1.0.0", "0.9.0"]);
	});

	it("with the name of what the board lacks", () => {
		const { blockBytes, capacity } = online().partitions;
		const nothing = () => {};
		const oneWay = {
			capacity,
			blockBytes,
			isPending: false,
			erase: nothing,
			write: nothing,
			read: nothing,
			apply: nothing,
		};
		const cases = [
			["no-key", { key: undefined }],
			["no-verifier", { verifier: undefined }],
			[
				"no-verifier",
				{
					verifier: {
						...toyVerifier,
						verify() {
							throw new Error("no such keys");
						},
					},
				},
			],
			["no-slot", { updater: undefined }],
			["no-rollback", { updater: oneWay }],
			["no-restart", { power: { resetReason: "power" } }],
		] as const;
		for (const [reason, update] of cases) expect(refuses(online({ update: update as never }), whole)).toBe(reason);
	});

	it("in the middle of another one, which goes on", () => {
		const board = online({ update: { chunks: 1 } });
		board.offer(NEW, whole);
		board.world.runUntil(() => board.partitions.operations > 10);
		board.client.publish("thimble/b1/update/offer", "{", { qos: 1 });
		expect(board.world.runUntil(() => isDone(board), 2 * MINUTE)).toBe(true);
		expect(board.said).toContain("refused on 1.0.0 malformed");
		expect(board.booted).toEqual(["1.0.0", "1.1.0"]);
	});
});

describe("a piece of the image", () => {
	/** Offers without anybody who answers, and asks for the first bytes. */
	function asked(): Updated {
		const board = online({ update: { chunks: 2, answerMs: 1000 } });
		board.client.publish("thimble/b1/update/offer", JSON.stringify(offerOf(NEW, "1.1.0")), { qos: 1 });
		board.world.run(500);
		expect(board.wants).toMatchObject([{ at: 0, bytes: 512, chunk: 256 }]);
		return board;
	}

	function piece(
		board: Updated,
		at: number,
		length = 256,
		tag = Number(`0x${offerOf(NEW, "1.1.0").sha256.slice(0, 8)}`),
	) {
		const bytes = new Uint8Array(8 + length);
		new DataView(bytes.buffer).setUint32(0, tag);
		new DataView(bytes.buffer).setUint32(4, at);
		bytes.set(NEW.subarray(at, at + length), 8);
		board.client.publish("thimble/b1/update/chunk", bytes, { qos: 1 });
		board.world.run(100);
	}

	it("is taken once, in order, and of this image only", () => {
		const board = asked();
		piece(board, 256);
		piece(board, 0, 256, 1);
		piece(board, 0, 0);
		piece(board, 0, 513);
		board.client.publish("thimble/b1/update/chunk", Uint8Array.of(1, 2, 3), { qos: 1 });
		board.world.run(100);
		expect(board.partitions.operations).toBe(0);
		piece(board, 0);
		expect(board.partitions.operations).toBe(2);
		piece(board, 0);
		expect(board.partitions.operations).toBe(2);
		piece(board, 256, 257);
		expect(board.partitions.operations).toBe(2);
		piece(board, 256);
		expect(board.partitions.operations).toBe(3);
		expect(board.wants.at(-1)).toMatchObject({ at: 512, bytes: 512 });
	});

	it("that does not come is asked for again, less and less often", () => {
		const board = asked();
		piece(board, 0);
		board.wants.splice(0);
		const times: number[] = [];
		for (let i = 0; i < 300; i += 1) {
			const before = board.wants.length;
			board.world.run(1000);
			if (board.wants.length > before) times.push(i);
		}
		expect(board.wants.every(({ at }) => at === 256)).toBe(true);
		expect(times.slice(1).map((time, i) => time - times[i]!)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
	});

	it("with one altered byte makes an image that is not applied, nor fetched again until it is offered anew", () => {
		const board = online();
		const spoilt = NEW.slice();
		spoilt[5000]! ^= 1;
		board.offer(spoilt, offerOf(NEW, "1.1.0"));
		expect(board.world.runUntil(() => board.last?.state === "refused", 2 * MINUTE)).toBe(true);
		expect(board.last).toMatchObject({ reason: "hash", version: "1.1.0", running: "1.0.0" });
		expect(refuses(board, offerOf(NEW, "1.1.0"))).toBe("hash");
		expect(board.booted).toEqual(["1.0.0"]);
		board.offer(NEW, offerOf(NEW, "1.1.0", { issue: 2 }));
		expect(board.world.runUntil(() => isDone(board), 2 * MINUTE)).toBe(true);
	});

	it("fewer of them where the image is shorter than its offer says: nothing is applied", () => {
		const board = online();
		board.offer(NEW.subarray(0, 5000), offerOf(NEW, "1.1.0"));
		board.world.run(5 * MINUTE);
		expect(board.last).toMatchObject({ state: "receiving" });
		expect(board.booted).toEqual(["1.0.0"]);
	});
});

describe("an update goes on", () => {
	it("after a link that breaks at any piece", () => {
		for (let cut = 1; cut <= 40; cut += 3) {
			const board = online({ update: { chunks: 2 } });
			board.offer(NEW, offerOf(NEW, "1.1.0"));
			board.world.runUntil(() => board.partitions.operations >= cut);
			board.world.link("b1")?.cut();
			expect(board.world.runUntil(() => isDone(board), 2 * MINUTE)).toBe(true);
			expect(board.booted).toEqual(["1.0.0", "1.1.0"]);
			// What was in flash was not asked for again: each block was erased once.
			expect(board.partitions.operations).toBeLessThan(60);
		}
	});

	it("after a power cut at what was noted last", () => {
		const board = online({ update: { chunks: 1 } });
		board.offer(NEW, offerOf(NEW, "1.1.0"));
		board.world.runUntil(() => (board.wants.at(-1)?.at ?? 0) > 5000);
		board.machine.offFor(1000);
		board.wants.splice(0);
		expect(board.world.runUntil(() => isDone(board), 2 * MINUTE)).toBe(true);
		expect(board.wants[0]).toMatchObject({ at: 4096 });
		expect(board.booted).toEqual(["1.0.0", "1.0.0", "1.1.0"]);
	});

	it("where nobody answers for a while, and where the broker forgets everything but what is offered again", () => {
		const board = online({ update: { chunks: 1 } });
		board.offer(NEW, offerOf(NEW, "1.1.0"));
		board.world.runUntil(() => board.partitions.operations > 10);
		board.client.close();
		board.world.run(3 * MINUTE);
		board.client.open();
		board.world.startBroker();
		expect(board.world.runUntil(() => isDone(board), 5 * MINUTE)).toBe(true);
	});
});

describe("a power cut at any operation of flash", () => {
	const image = imageOf("1.1.0", 9000);

	/** An update with the power cut there; what booted is checked by the board itself. */
	function cutAt(arm: (board: Updated) => void, options: UpdatedOptions = {}): Updated {
		const board = online({ update: { chunkBytes: 432, chunks: 16 }, ...options });
		board.offer(image, offerOf(image, "1.1.0"));
		arm(board);
		expect(board.world.runUntil(() => isDone(board), 10 * MINUTE)).toBe(true);
		expect(new Set(board.booted)).toEqual(new Set(["1.0.0", "1.1.0"]));
		expect(board.booted.at(-1)).toBe("1.1.0");
		return board;
	}

	/** How many operations there are without one: of the slots, and notes before the restart and behind it. */
	function counts(): { slots: number; notes: number; later: number } {
		const board = online({ update: { chunkBytes: 432, chunks: 16 } });
		const { flash } = board.machine;
		const before = flash.operations;
		board.offer(image, offerOf(image, "1.1.0"));
		board.world.runUntil(() => !board.machine.isOn, 10 * MINUTE);
		const notes = flash.operations - before;
		board.world.runUntil(() => isDone(board), 10 * MINUTE);
		return { slots: board.partitions.operations, notes, later: flash.operations - before - notes };
	}

	it.each(CUT_MODES)(
		"of the slots (%s) leaves a board that boots a whole image, and has the new one in the end",
		mode => {
			const { slots } = counts();
			expect(slots).toBeGreaterThan(25);
			let cuts = 0;
			for (let operation = 1; operation <= slots; operation += 1)
				cutAt(board =>
					board.partitions.offAtOperation(operation, mode, 2000, () => {
						cuts += 1;
					}),
				);
			expect(cuts).toBe(slots);
		},
	);

	it.each(CUT_MODES)("of the notes (%s), too, before the restart and behind it", mode => {
		const { later, notes } = counts();
		expect([notes > 3, later > 2]).toEqual([true, true]);
		let cuts = 0;
		for (let operation = 1; operation <= notes + later; operation += 1)
			cutAt(board => {
				if (operation > notes) board.world.runUntil(() => !board.machine.isOn, 10 * MINUTE);
				board.machine.offAtWrite(operation > notes ? operation - notes : operation, mode, 2000, () => {
					cuts += 1;
				});
			});
		expect(cuts).toBe(notes + later);
	});
});

describe("new firmware goes back to the old one", () => {
	it("where it does not come online in time", () => {
		const board = online({ update: { onlineMs: 2 * MINUTE, drainMs: 1000 } });
		const deaf = imageOf("1.1.0", 9000, "deaf");
		board.offer(deaf, offerOf(deaf, "1.1.0"));
		expect(board.world.runUntil(() => board.last?.state === "rolled-back", 5 * MINUTE)).toBe(true);
		expect(board.last).toMatchObject({ reason: "offline", version: "1.1.0", running: "1.0.0" });
		board.world.run(100);
		expect(board.booted).toEqual(["1.0.0", "1.1.0", "1.0.0"]);
		expect(board.depot!.deliveries).toMatchObject([{ state: "rolled-back", reason: "offline", running: "1.0.0" }]);
		// The offer is retained still, and not taken a second time; offered anew, it is.
		expect(refuses(board, offerOf(deaf, "1.1.0"))).toBe("rolled-back");
		board.offer(NEW, offerOf(NEW, "1.1.0", { issue: 2 }));
		expect(board.world.runUntil(() => isDone(board), 2 * MINUTE)).toBe(true);
	});

	it("where it crashes at its start, after so many times", () => {
		const board = online({ update: { starts: 3 } });
		const crashes = imageOf("1.1.0", 9000, "crashes");
		board.offer(crashes, offerOf(crashes, "1.1.0"));
		expect(board.world.runUntil(() => board.last?.state === "rolled-back", 5 * MINUTE)).toBe(true);
		expect(board.last).toMatchObject({ reason: "starts", version: "1.1.0", running: "1.0.0" });
		expect(board.booted).toEqual(["1.0.0", "1.1.0", "1.0.0", "1.1.0", "1.0.0", "1.1.0", "1.0.0"]);
	});

	it("where it is started too often without coming online, on a boot loader that is patient", () => {
		const board = online({ partitions: { boots: 50 }, update: { starts: 3 } });
		const deaf = imageOf("1.1.0", 9000, "deaf");
		board.offer(deaf, offerOf(deaf, "1.1.0"));
		board.world.runUntil(() => board.booted.length === 2, 2 * MINUTE);
		for (let i = 0; i < 3; i += 1) {
			board.world.run(2000);
			board.machine.reset();
			board.world.run(1000);
		}
		expect(board.world.runUntil(() => board.last?.state === "rolled-back", MINUTE)).toBe(true);
		expect(board.last).toMatchObject({ reason: "starts" });
		expect(board.booted).toEqual(["1.0.0", "1.1.0", "1.1.0", "1.1.0", "1.1.0", "1.0.0"]);
	});

	it("where it is not the version that was offered", () => {
		const board = online();
		board.offer(NEW, offerOf(NEW, "1.2.0"));
		expect(board.world.runUntil(() => board.last?.state === "rolled-back", 2 * MINUTE)).toBe(true);
		expect(board.last).toMatchObject({ reason: "version", version: "1.2.0", running: "1.0.0" });
		board.world.run(5 * MINUTE);
		expect(board.booted).toEqual(["1.0.0", "1.1.0", "1.0.0"]);
	});

	it("at once, where it was given up already and the power went before the way back", () => {
		const board = online({ partitions: { boots: 50 }, update: { onlineMs: 2 * MINUTE, drainMs: 1000 } });
		const deaf = imageOf("1.1.0", 9000, "deaf");
		board.offer(deaf, offerOf(deaf, "1.1.0"));
		board.world.runUntil(() => board.booted.length === 2, 2 * MINUTE);
		board.world.run(1000);
		let isCut = false;
		board.partitions.offAtOperation(1, "before", 2000, () => {
			isCut = true;
		});
		board.world.runUntil(() => isCut, 5 * MINUTE);
		board.world.run(20_000);
		expect(board.last).toMatchObject({ state: "rolled-back", reason: "offline", running: "1.0.0" });
		expect(board.booted).toEqual(["1.0.0", "1.1.0", "1.1.0", "1.0.0"]);
	});

	it("also where the power goes while it does, at any operation of flash", () => {
		const deaf = imageOf("1.1.0", 9000, "deaf");
		for (const mode of CUT_MODES)
			for (let operation = 1; operation <= 4; operation += 1) {
				const board = online({ update: { onlineMs: MINUTE, drainMs: 1000 } });
				board.offer(deaf, offerOf(deaf, "1.1.0"));
				board.world.runUntil(() => board.booted.length === 2, 2 * MINUTE);
				board.world.run(1000);
				if (operation % 2 === 0) board.partitions.offAtOperation(operation >> 1, mode, 2000);
				else board.machine.offAtWrite((operation + 1) >> 1, mode, 2000, () => {});
				expect(board.world.runUntil(() => board.last?.state === "rolled-back", 20 * MINUTE)).toBe(true);
				expect(board.last).toMatchObject({ running: "1.0.0", version: "1.1.0" });
				board.world.run(10 * MINUTE);
				expect(board.booted.at(-1)).toBe("1.0.0");
			}
	});
});

describe("flash that fails", () => {
	it("for the note before the restart: nothing is applied that nobody could judge later", () => {
		const flash = new Flash();
		const board = online({ machine: { flash } });
		board.offer(NEW, offerOf(NEW, "1.1.0"));
		board.world.runUntil(() => board.partitions.operations > 10);
		flash.isFull = true;
		expect(board.world.runUntil(() => board.last?.state === "refused", 2 * MINUTE)).toBe(true);
		expect(board.last).toMatchObject({ reason: "flash", running: "1.0.0" });
		board.machine.reset();
		board.world.run(5000);
		expect(board.booted).toEqual(["1.0.0", "1.0.0"]);
	});

	it("for notes: the offer is refused before anything is written", () => {
		const flash = new Flash();
		const board = online({ machine: { flash } });
		flash.isFull = true;
		expect(refuses(board, offerOf(NEW, "1.1.0"))).toBe("flash");
		expect(board.partitions.operations).toBe(0);
	});

	it("for the image, or an image that is no firmware: given up", () => {
		const board = online({ partitions: { isFirmware: image => image[0] === 0xe9 } });
		board.offer(NEW, offerOf(NEW, "1.1.0"));
		expect(board.world.runUntil(() => board.last?.state === "refused", 2 * MINUTE)).toBe(true);
		expect(board.last).toMatchObject({ reason: "image", running: "1.0.0" });
		expect(board.booted).toEqual(["1.0.0"]);
		for (const [what, state] of [
			["erase", "refused"],
			["write", "refused"],
			["read", "refused"],
		] as const) {
			const other = online();
			other.partitions[what] = () => {
				throw new Error("worn");
			};
			other.offer(NEW, offerOf(NEW, "1.1.0"));
			expect(other.world.runUntil(() => other.last?.state === state, 2 * MINUTE)).toBe(true);
			expect(other.last).toMatchObject({ reason: "flash" });
		}
	});
});

describe("the duty", () => {
	const power = { resetReason: "unknown" } as const;

	it("refuses options that cannot be", () => {
		for (const wrong of [
			{ version: "1.0" },
			{ device: "a b" },
			{ key: new Uint8Array(33) },
			{ key: new Uint8Array(65) },
			{ chunks: 0 },
			{ noteBytes: 0 },
			{ answerMs: 0 },
			{ onlineMs: 0 },
			{ starts: 0 },
			{ drainMs: -1 },
		])
			expect(() => new Update({ version: "1.0.0", power, ...wrong })).toThrow(Misuse);
		const world = new TestWorld();
		const agent = (chunkBytes: number, limits = {}, protocolVersion: 4 | 5 = 4) =>
			world.agent("b1", { duties: [new Update({ version: "1.0.0", power, chunkBytes })], limits, protocolVersion });
		expect(() => agent(8)).toThrow(Misuse);
		expect(() => agent(512)).toThrow(Misuse);
		expect(() => agent(16, { topics: 4 })).toThrow(Misuse);
		expect(() => agent(16, { receive: 64 }, 5)).toThrow(Misuse);
		agent(448);
	});

	it("takes pieces as large as the receive buffer lets through", () => {
		const board = online({ update: { chunkBytes: undefined as never }, limits: { receive: 1024 } });
		board.offer(NEW, offerOf(NEW, "1.1.0"));
		expect(board.world.runUntil(() => isDone(board), 2 * MINUTE)).toBe(true);
		expect(board.wants[0]!.chunk).toBeGreaterThan(950);
	});

	it("claims the ends of its own publishes, and no other; says nothing more once the board has stopped", () => {
		const world = new TestWorld();
		const update = new Update({ version: "1.0.0", power });
		const agent = world.agent("b1", { duties: [update], intervalMs: 60_000 });
		expect(update.handleEnd(77, END_SETTLED)).toBe(false);
		agent.start();
		world.run(2000);
		expect(world.told()).toContain('publish thimble/b1/update/state {"state":"idle","running":"1.0.0"} retained');
		expect(agent.counts.settled).toBe(agent.counts.published);
		agent.stop(1000);
		world.run(2000);
		world.told();
		const other = world.client("other");
		other.open();
		other.publish("thimble/b1/update/offer", JSON.stringify(offerOf(NEW, "1.1.0")), { qos: 1 });
		world.run(2000);
		expect(world.told().filter(line => line.includes("state"))).toEqual([]);
		expect(RETAIN).toBe(1);
	});
});
