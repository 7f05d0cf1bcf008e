// Recognition in a real browser: a picture is dropped on the page, goes to a board over MQTT, and its answer comes back.

import { deflateSync } from "node:zlib";
import type { Page } from "playwright-core";
import { beforeEach, expect, it } from "vitest";
import { checkSum } from "../../../../firmware/optional/checksum.js";
import { readSample } from "../../../../host-sim/model/sample.js";
import { fashion } from "../../../../host-sim/sensor/belt.js";
import { browsing, type RunningPage, runWithPage } from "../../../support/browser.js";
import { spawnClient, until } from "../../../support/mosquitto.js";
import { describeWith } from "../../../support/need.js";

const sample = readSample();
const SIZE = sample.width * sample.height;

function pictureAt(place: number): Uint8Array {
	return sample.pixels.subarray(place * SIZE, (place + 1) * SIZE);
}

/** What the model says of it here, on the desktop. */
function answerTo(place: number): string {
	return fashion.known(checkSum(pictureAt(place), SIZE))!.answer;
}

/** Grey, eight bits a pixel. */
function pngOf(pixels: Uint8Array, width: number): Buffer {
	const height = pixels.length / width;
	const rows = Buffer.alloc((width + 1) * height);
	for (let y = 0; y < height; y += 1) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	head.writeUInt8(8, 8);
	const chunk = (name: string, data: Buffer) => {
		const body = Buffer.concat([Buffer.from(name), data]);
		const ends = Buffer.alloc(8);
		ends.writeUInt32BE(data.length, 0);
		ends.writeUInt32BE(checkSum(body, body.length), 4);
		return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
	};
	const parts = [chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))];
	return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), ...parts]);
}

/** As if somebody let go of a file over the page. */
async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
	const transfer = await page.evaluateHandle(
		([text, called]) => {
			const data = Uint8Array.from(atob(text!), character => character.charCodeAt(0));
			const given = new DataTransfer();
			given.items.add(new File([data], called!, { type: "image/png" }));
			return given;
		},
		[bytes.toString("base64"), name],
	);
	await page.dispatchEvent("main", "dragover", { dataTransfer: transfer });
	await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
}

describeWith(["chromium", "mosquitto_sub"], "recognition", () => {
	const { open } = browsing(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]);
	let run: RunningPage;
	beforeEach(async () => {
		run = await runWithPage(["recognition"]);
		return () => run.stop();
	});

	it("a picture that is dropped on the page is sent as it is, and has the answer that the model gives anywhere", async () => {
		const page = await open(`${run.url}#/recognition`);
		const cards = page.getByRole("region", { name: "Boards that see" }).getByRole("link");
		await expect.poll(() => cards.count()).toBe(10);
		await cards.filter({ hasText: "camera-07" }).click();
		const heard = spawnClient("mosquitto_sub", [
			...["-h", "127.0.0.1", "-p", String(run.port), "-t", "thimble/camera-07/telemetry"],
		]);
		await until("it listens", () => heard.lines.length > 0);
		const place = 23;
		await drop(page, "picture.png", pngOf(pictureAt(place), sample.width));
		await page.getByRole("button", { name: "Show it to camera-07" }).click();
		const yours = page.getByRole("listitem").filter({ hasText: /after \d+ ms/ });
		await expect.poll(() => yours.textContent()).toContain(`${answerTo(place)}, `);
		const row = page.getByRole("region", { name: /camera-07/ }).getByRole("row", { name: /sent/ });
		expect(await row.getByRole("rowheader").textContent()).toBe(answerTo(place));
		// Beside the answer there is the picture that the page has sent.
		await row.getByRole("img", { name: `Picture, recognised as ${answerTo(place)}` }).waitFor();
		await until("it is heard", () => heard.lines.some(line => line.includes('"source":"sent"')));
		heard.child.kill();
		const told = JSON.parse(heard.lines.find(line => line.includes('"source":"sent"'))!) as { crc: number };
		expect(told.crc).toBe(checkSum(pictureAt(place), SIZE));

		await drop(page, "letter.png", Buffer.from("Dear Sir or Madam"));
		await page.getByText("That is no picture that this browser can read.").waitFor();
		expect(await page.getByRole("button", { name: "Show it to camera-07" }).isDisabled()).toBe(true);
	});

	it("a drawing is a picture, and a board shows what it has seen last: both on a phone, in Chinese", async () => {
		const visit = { width: 360, height: 760, language: "zh-CN", scheme: "dark" } as const;
		const page = await open(`${run.url}#/recognition/camera-08`, visit);
		await page.getByText("手绘").click();
		const paper = page.getByRole("img", { name: /画板/ });
		await paper.scrollIntoViewIfNeeded();
		const box = (await paper.boundingBox())!;
		for (const [x, leg] of [
			[0.42, 0.36],
			[0.58, 0.64],
		] as const) {
			await page.mouse.move(box.x + x * box.width, box.y + 0.2 * box.height);
			await page.mouse.down();
			await page.mouse.move(box.x + leg * box.width, box.y + 0.85 * box.height, { steps: 5 });
			await page.mouse.up();
		}
		await page.getByRole("button", { name: "给 camera-08 看" }).click();
		await page
			.getByRole("listitem")
			.filter({ hasText: /camera-08.*毫秒后/ })
			.waitFor();
		await page.getByRole("button", { name: "给我看", exact: true }).click();
		await page.getByRole("img", { name: "camera-08 的最后一张图片" }).waitFor();
		// Nothing is wider than a phone.
		expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
	});

	it("a camera is shown as the board will see it, and its picture is sent", async () => {
		const page = await open(`${run.url}#/recognition/camera-10`);
		await page.getByText("Camera", { exact: true }).click();
		await page.getByRole("img", { name: "As the board will see it (28×28)" }).waitFor();
		await page.getByLabel("Invert").check();
		await page.getByRole("button", { name: "Show it to camera-10" }).click();
		await page
			.getByRole("listitem")
			.filter({ hasText: /camera-10 .*after \d+ ms/ })
			.waitFor();
	});

	it("a board's pictures can be followed, and are known beside its answers", async () => {
		const page = await open(`${run.url}#/recognition/camera-10`);
		await page.getByLabel("Every 2 s").check();
		const known = page.getByRole("region", { name: "The last answers of camera-10" }).getByRole("img", {
			name: /^Picture, recognised as/,
		});
		await expect.poll(() => known.count(), { timeout: 15_000 }).toBeGreaterThan(2);
	});
});
