import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { faultOfName, Hash, hashOf, weaknessOf } from "../../../host-sim/security/password.js";
import { describeWith, find } from "../../support/need.js";

describe("a hash", () => {
	it.each(["scrypt", "mosquitto"] as const)(
		"of %s matches its password and no other, and is another each time",
		async form => {
			const text = await hashOf("größe und 7 Kessel", form);
			expect(await hashOf("größe und 7 Kessel", form)).not.toBe(text);
			const hash = Hash.parse(text)!;
			expect(await hash.matches("größe und 7 Kessel")).toBe(true);
			expect(await hash.matches("größe und 7 kessel")).toBe(false);
			expect(await hash.matches("")).toBe(false);
		},
	);

	it.each([
		"",
		"plain",
		"$scrypt$ln=25,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"$scrypt$ln=2,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"$scrypt$ln=14,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA==$AAAA",
		"$6$AAAA$BBBB",
		"$7$0$AAAAAAAAAAAAAAAA$AAAA",
	])("is not %j", text => {
		expect(Hash.parse(text)).toBeUndefined();
	});
});

describeWith(["mosquitto_passwd"], "mosquitto_passwd", () => {
	it("writes what we can read", async () => {
		const folder = mkdtempSync(join(tmpdir(), "thimble-passwd-"));
		const file = join(folder, "users");
		writeFileSync(file, "");
		execFileSync(find("mosquitto_passwd")!, ["-b", file, "ann", "kettle-orbit-mosaic"]);
		const text = readFileSync(file, "utf8").trim().slice("ann:".length);
		rmSync(folder, { recursive: true });
		expect(await Hash.parse(text)!.matches("kettle-orbit-mosaic")).toBe(true);
		expect(await Hash.parse(text)!.matches("kettle-orbit-mosaik")).toBe(false);
	});
});

it("weak passwords are refused with the reason, which does not have them in it", () => {
	const weak = {
		xkcd: "shorter",
		aaaaaaaaaaaaaaaa: "different characters",
		"1234567890": "tried first",
		Password1234: "tried first",
		qwertyuiop: "tried first",
		"changeme123!": "tried first",
		"kitchen-1kitchen-1": "user name",
		"kitchen-1!": "user name",
		"with\nline-end-in-it": "nobody can type",
		[`long ${"x y z 1 2 ".repeat(110)}`]: "longer",
	};
	for (const [password, reason] of Object.entries(weak)) {
		const said = weaknessOf(password, "kitchen-1");
		expect(said, password).toContain(reason);
		expect(said).not.toContain(password);
	}
	for (const good of ["kettle-orbit-mosaic", "7 Kessel, größer", "hV8$k2!pQz", "correct horse kitchen-1 battery"])
		expect(weaknessOf(good, "kitchen-1"), good).toBeUndefined();
});

it("names that mean something in topics or in the file are refused", () => {
	for (const good of ["board-1", "ann@example.org", "Küche 1", "a.b_c"])
		expect(faultOfName(good), good).toBeUndefined();
	for (const bad of ["", "a/b", "+", "a#", "a:b", "$SYS", " a", "a\n", "x".repeat(257), "\ud800"])
		expect(faultOfName(bad), bad).toBeTypeOf("string");
});
