import { beforeAll, describe, expect, it } from "vitest";
import { hashOf } from "../../../host-sim/security/password.js";
import { Users, withoutUser, withUser } from "../../../host-sim/security/users.js";

let ann: string;
let bob: string;
beforeAll(async () => {
	ann = await hashOf("password of ann", "scrypt");
	bob = await hashOf("password of bob", "mosquitto");
});

describe("users", () => {
	it("are right with their own passwords, the second time, too", async () => {
		const users = new Users(`# who may in\nann:${ann}\r\nbob:${bob}\n`);
		expect(users.names).toEqual(["ann", "bob"]);
		for (let i = 0; i < 2; i += 1) {
			expect(await users.isRight("ann", "password of ann")).toBe(true);
			expect(await users.isRight("bob", "password of bob")).toBe(true);
			expect(await users.isRight("ann", "password of bob")).toBe(false);
			expect(await users.isRight("eve", "password of ann")).toBe(false);
			expect(await users.isRight("", "")).toBe(false);
		}
	});

	it("who is not there takes as long as who is", async () => {
		const users = new Users(`ann:${ann}\n`);
		const time = async (name: string) => {
			const began = performance.now();
			await users.isRight(name, "wrong");
			return performance.now() - began;
		};
		await time("ann");
		expect(await time("nobody")).toBeGreaterThan((await time("ann")) / 4);
	});

	it("come from a file without mistakes, and what is wrong is told by its line alone", () => {
		const faultOf = (text: string) => {
			try {
				new Users(text);
				return undefined;
			} catch (error) {
				return (error as Error).message;
			}
		};
		expect(faultOf("")).toBeUndefined();
		expect(faultOf(`ann:${ann}\n\nann:${ann}`)).toBe("line 3: that name is there already");
		expect(faultOf(`a/b:${ann}`)).toMatch(/^line 1: nobody can have that name: /);
		expect(faultOf("# x\nann:secret")).toMatch(/^line 2: expected NAME:/);
		expect(faultOf("ann:secret")).not.toContain("secret");
		expect(faultOf("just-a-secret")).not.toContain("just-a-secret");
	});

	it("are the same in two files where their hashes are", () => {
		const one = new Users(`ann:${ann}\nbob:${bob}`);
		expect(one.isSameIn(new Users(`ann:${ann}`), "ann")).toBe(true);
		expect(one.isSameIn(new Users(`ann:${bob}`), "ann")).toBe(false);
		expect(one.isSameIn(new Users(""), "ann")).toBe(false);
	});

	it("are put in their old place or at the end, and taken out, with all else as it was", () => {
		const file = "# ann: not she\nann:1\nbob:2\n";
		expect(withUser(file, "ann", "3")).toBe("# ann: not she\nann:3\nbob:2\n");
		expect(withUser(file, "eve", "3")).toBe(`${file}eve:3\n`);
		expect(withoutUser(file, "ann")).toBe("# ann: not she\nbob:2\n");
		expect(withUser("", "ann", "1")).toBe("ann:1\n");
	});
});
