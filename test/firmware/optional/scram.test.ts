// SCRAM-SHA-256: the exchange of RFC 7677 letter by letter, and what a server may not get away with.

import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Digest } from "../../../firmware/io.js";
import { ScramSha256 } from "../../../firmware/optional/scram.js";
import { nodeDigest } from "../../../host-sim/node/digest.js";
import { SeededRandom } from "../../../host-sim/world/random.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (data: Uint8Array | undefined) => Buffer.from(data!).toString();

/** Gives the bits of these base64 digits, over and over. */
function chance(digits: string) {
	let i = -1;
	return {
		next() {
			i += 1;
			return ALPHABET.indexOf(digits[i % digits.length]!);
		},
	};
}

// RFC 7677 section 3, with its nonce made as long as ours: the proofs are computed over it once more below.
const NONCE = "rOprNGfwEbeRWgbNEkqOabcd";

function make(options: { userName?: string; password?: string; digest?: Digest; mostIterations?: number } = {}) {
	return new ScramSha256({
		userName: "user",
		password: "pencil",
		digest: nodeDigest,
		random: chance(NONCE),
		...options,
	});
}

/** What a server that knows the password says and expects, by Node's own PBKDF2. */
function server(password: string, clientFirst: string, salt: Buffer, iterations: number, more = "server") {
	const bare = clientFirst.slice("n,,".length);
	const nonce = bare.slice(bare.indexOf(",r=") + 3) + more;
	const first = `r=${nonce},s=${salt.toString("base64")},i=${iterations}`;
	const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
	const hmac = (key: Buffer, data: string | Buffer) => createHmac("sha256", key).update(data).digest();
	const clientKey = hmac(salted, "Client Key");
	const stored = createHash("sha256").update(clientKey).digest();
	const message = `${bare},${first},c=biws,r=${nonce}`;
	const signature = hmac(stored, message);
	const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!)).toString("base64");
	const final = `v=${hmac(hmac(salted, "Server Key"), message).toString("base64")}`;
	return { first, proof: `c=biws,r=${nonce},p=${proof}`, final };
}

describe("SCRAM-SHA-256", () => {
	it("says what RFC 7677 says, but for the length of the nonce", () => {
		const scram = make();
		expect(text(scram.start())).toBe(`n,,n=user,r=${NONCE}`);
		const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
		const { final, first, proof } = server(
			"pencil",
			`n,,n=user,r=${NONCE}`,
			salt,
			4096,
			"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
		);
		expect(text(scram.next(bytes(first)))).toBe(proof);
		scram.finish(bytes(final));
	});

	it("[RFC 7677 section 3] the salted password of its example makes the proofs of its example", () => {
		// The client's nonce of the example has 20 characters: it is replayed through the parts that do not choose it.
		const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
		const { final, proof } = server(
			"pencil",
			"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
			salt,
			4096,
			"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
		);
		expect(proof).toMatch(/,p=dHzbZapWIk4jUhN\+Ute9ytag9zjfMHgsqmmiz7AndVQ=$/);
		expect(final).toBe("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
	});

	it("agrees with a server about any name, password, salt and nonce", () => {
		const word = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(..."aZ09 ,=é😀") });
		const salt = fc.uint8Array({ minLength: 1, maxLength: 40 });
		fc.assert(
			fc.property(word, word, salt, fc.nat(), (userName, password, salt, seed) => {
				const random = new SeededRandom(seed);
				const scram = new ScramSha256({ userName, password, digest: nodeDigest, random });
				const { final, first, proof } = server(password, text(scram.start()), Buffer.from(salt), 4096);
				expect(text(scram.next(bytes(first)))).toBe(proof);
				scram.finish(bytes(final));
			}),
			{ numRuns: 5 },
		);
	});

	it("escapes what would end the name", () => {
		expect(text(make({ userName: "a=b,c" }).start())).toBe(`n,,n=a=3Db=2Cc,r=${NONCE}`);
	});

	it("computes the salted password once, as long as salt and rounds stay the same", () => {
		let rounds = 0;
		const digest = {
			...nodeDigest,
			hmac(key: Uint8Array, data: Uint8Array) {
				rounds += 1;
				return nodeDigest.hmac(key, data);
			},
		};
		const scram = make({ digest });
		const exchange = (salt: string, iterations: number) => {
			rounds = 0;
			const { final, first } = server("pencil", text(scram.start()), Buffer.from(salt), iterations);
			scram.next(bytes(first));
			scram.finish(bytes(final));
			return rounds > 1000;
		};
		expect([exchange("salt", 4096), exchange("salt", 4096), exchange("tlas", 4096), exchange("tlas", 4097)]).toEqual([
			true,
			false,
			true,
			true,
		]);
	});

	const salt = "c2FsdA==";
	it.each([
		["nothing", undefined],
		["no UTF-8", Uint8Array.of(0xff)],
		["a nonce that does not begin with ours", bytes(`r=xOprNGfwEbeRWgbNEkqOabcd1,s=${salt},i=4096`)],
		["a nonce that is just ours", bytes(`r=${NONCE},s=${salt},i=4096`)],
		["too few rounds", bytes(`r=${NONCE}1,s=${salt},i=4095`)],
		["too many rounds", bytes(`r=${NONCE}1,s=${salt},i=5001`)],
		["rounds that are no number", bytes(`r=${NONCE}1,s=${salt},i=4096x`)],
		["no rounds", bytes(`r=${NONCE}1,s=${salt}`)],
		["no salt", bytes(`r=${NONCE}1,s=,i=4096`)],
		["a salt that is no base64", bytes(`r=${NONCE}1,s=c2Fs*A==,i=4096`)],
		["an extension that must be understood", bytes(`m=x,r=${NONCE}1,s=${salt},i=4096`)],
	])("%s from the server ends the exchange", (_title, data) => {
		const scram = make({ mostIterations: 5000 });
		scram.start();
		expect(() => scram.next(data)).toThrow(/^SCRAM/);
	});

	it("the server has to prove itself: wrongly, or not at all, or too early, ends the exchange", () => {
		const scram = make();
		const { first, final } = server("pencil", text(scram.start()), Buffer.from("salt"), 4096);
		expect(() => scram.finish(bytes(final))).toThrow(/^SCRAM/);
		scram.start();
		scram.next(bytes(first));
		expect(() => scram.next(bytes(first))).toThrow(/^SCRAM/);
		for (const data of [
			undefined,
			bytes("e=other-error"),
			bytes(server("other", "n,,n=user,r=x", Buffer.from("salt"), 4096).final),
		]) {
			scram.start();
			scram.next(bytes(first));
			expect(() => scram.finish(data)).toThrow(/^SCRAM/);
		}
		scram.start();
		scram.next(bytes(first));
		scram.finish(bytes(final));
		expect(() => scram.finish(bytes(final))).toThrow(/^SCRAM/);
	});
});
