// SCRAM-SHA-256 with the example of RFC 7677, and with everything that a client can get wrong.

import { describe, expect, it } from "vitest";
import { Scram, scramVerifier } from "../../../host-sim/security/scram.js";
import { scramFinal } from "../../support/scram.js";

const SALT = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
/** The server's nonce in the RFC, as the random bytes that give it. */
const NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

const scram = new Scram({ user: scramVerifier("pencil", SALT), "a,b=c": scramVerifier("x", SALT) });

/** The first answer, as text. */
function begin(first: string) {
	const exchange = scram.begin();
	const step = exchange.handle(Buffer.from(first));
	return { exchange, step, serverFirst: step.outcome === "continue" ? String(step.data) : "" };
}

describe("SCRAM-SHA-256", () => {
	it("gives the answers of RFC 7677's example", () => {
		// A nonce is base64 of random bytes; that of the RFC is none, so the text is given as it is.
		const given = { toString: () => NONCE } as unknown as Buffer;
		const fixed = new Scram(
			{ user: scramVerifier("pencil", SALT) },
			{ random: count => (count === 18 ? given : Buffer.alloc(count)) },
		);
		const exchange = fixed.begin();
		expect(String(stepData(exchange.handle(Buffer.from("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"))))).toBe(
			"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		);
		const final =
			"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
		expect(exchange.handle(Buffer.from(final))).toEqual({
			outcome: "success",
			data: Buffer.from("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
		});
	});

	it("lets in who knows the password, whatever name stands in the message", () => {
		for (const [bare, password, header] of [
			["n=user,r=abc", "pencil", "n,,"],
			["n=user,r=abc", "pencil", "y,,"],
			["n=a=2Cb=3Dc,r=abc", "x", "n,,"],
		] as const) {
			const { exchange, serverFirst } = begin(header + bare);
			const { text, signature } = scramFinal(password, bare, serverFirst, header);
			expect(exchange.handle(Buffer.from(text))).toEqual({ outcome: "success", data: Buffer.from(`v=${signature}`) });
		}
	});

	it("asks a client to begin that has sent nothing", () => {
		const exchange = scram.begin();
		expect(exchange.handle(Buffer.alloc(0))).toEqual({ outcome: "continue" });
		expect(exchange.handle(Buffer.from("n,,n=user,r=abc")).outcome).toBe("continue");
	});

	it("answers somebody unknown as it answers a wrong password, and the same each time", () => {
		const salts = ["nobody", "nobody", "other"].map(name => {
			const bare = `n=${name},r=abc`;
			const { exchange, serverFirst } = begin(`n,,${bare}`);
			expect(exchange.handle(Buffer.from(scramFinal("pencil", bare, serverFirst).text))).toEqual({
				outcome: "failure",
			});
			return /s=.*$/.exec(serverFirst)![0];
		});
		expect(salts[0]).toBe(salts[1]);
		expect(salts[0]).not.toBe(salts[2]);
		expect(salts[0]).toMatch(/^s=[A-Za-z0-9+/]{22}==,i=4096$/);
		const bare = "n=user,r=abc";
		const { exchange, serverFirst } = begin(`n,,${bare}`);
		expect(exchange.handle(Buffer.from(scramFinal("pencils", bare, serverFirst).text))).toEqual({ outcome: "failure" });
	});

	it.each([
		["channel binding", "p=tls-unique,,n=user,r=abc"],
		["a name to act for", "n,a=admin,n=user,r=abc"],
		["an extension that must be known", "n,,m=x,n=user,r=abc"],
		["no nonce", "n,,n=user"],
		["an empty nonce", "n,,n=user,r="],
		["a stray =", "n,,n=us=er,r=abc"],
		["no name", "n,,n=,r=abc"],
		["other bytes", "\u0000\u0001"],
	])("refuses %s", (_name, first) => {
		expect(begin(first).step).toEqual({ outcome: "failure" });
	});

	it("refuses a last message that is not this exchange's", () => {
		const bare = "n=user,r=abc";
		const change = (edit: (text: string) => string) => {
			const { exchange, serverFirst } = begin(`n,,${bare}`);
			return exchange.handle(Buffer.from(edit(scramFinal("pencil", bare, serverFirst).text))).outcome;
		};
		expect(change(text => text)).toBe("success");
		expect(change(text => text.replace("c=biws", "c=eSws"))).toBe("failure");
		expect(change(text => text.replace("r=abc", "r=abd"))).toBe("failure");
		expect(change(text => text.replace(/p=.*/, "p=AAAA"))).toBe("failure");
		expect(change(text => text.replace(/,p=.*/, ""))).toBe("failure");
		expect(change(() => "")).toBe("failure");
		// The proof is right, but it is for another beginning.
		const { exchange, serverFirst } = begin(`n,,${bare}`);
		const other = scramFinal("pencil", bare, serverFirst, "y,,").text;
		expect(exchange.handle(Buffer.from(other)).outcome).toBe("failure");
	});

	it("knows names in any writing", () => {
		const made = new Scram({ Ⅸ: scramVerifier("\u00adI\u00a0X", SALT) });
		const bare = "n=IX,r=abc";
		const exchange = made.begin();
		const serverFirst = String(stepData(exchange.handle(Buffer.from(`n,,${bare}`))));
		expect(exchange.handle(Buffer.from(scramFinal("I X", bare, serverFirst).text)).outcome).toBe("success");
	});
});

function stepData(step: ReturnType<ReturnType<Scram["begin"]>["handle"]>): Buffer | undefined {
	return step.outcome === "failure" ? undefined : step.data;
}
