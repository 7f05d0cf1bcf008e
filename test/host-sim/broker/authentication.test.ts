import { describe, expect, it } from "vitest";
import { Authentication, type Authenticator } from "../../../host-sim/broker/authentication.js";
import { Refusal } from "../../../host-sim/broker/reason.js";

/** Says "more" until it hears "yes" or "no". */
const TALK: Authenticator = {
	method: "TALK",
	begin: clientId => ({
		handle(data) {
			if (String(data) === "yes") return { outcome: "success", data: Buffer.from(`welcome ${clientId}`) };
			if (String(data) === "no") return { outcome: "failure" };
			if (String(data) === "banned") return { outcome: "failure", reason: 0x8a };
			return { outcome: "continue", data: Buffer.from(`more than ${data.length}`) };
		},
	}),
};

const auth = (reasonCode: number, text?: string, authenticationMethod = "TALK") => ({
	cmd: "auth" as const,
	reasonCode,
	properties: { authenticationMethod, ...(text !== undefined && { authenticationData: Buffer.from(text) }) },
});

const make = () => new Authentication([TALK], "TALK", "c");

function reasonOf(run: () => unknown): number {
	try {
		run();
		return 0;
	} catch (error) {
		if (error instanceof Refusal) return error.reason;
		throw error;
	}
}

describe("authentication", () => {
	it("[MQTT-4.12.0-1] by a method that nobody has is refused", () => {
		expect(reasonOf(() => new Authentication([TALK], "talk", "c"))).toBe(0x8c);
		expect(reasonOf(() => new Authentication([], "TALK", "c"))).toBe(0x8c);
	});

	it("[MQTT-4.12.0-2] goes on until its method says yes", () => {
		const authentication = make();
		expect(authentication.handleConnect(undefined)).toEqual({ outcome: "continue", data: Buffer.from("more than 0") });
		expect(authentication.handleAuth(auth(0x18, "abc"))).toEqual({
			outcome: "continue",
			data: Buffer.from("more than 3"),
		});
		expect(authentication.handleAuth(auth(0x18, "yes"))).toEqual({
			outcome: "success",
			data: Buffer.from("welcome c"),
		});
	});

	it("[MQTT-4.12.0-4] ends with the reason that the method gives, or 0x87", () => {
		expect(reasonOf(() => make().handleConnect(Buffer.from("no")))).toBe(0x87);
		expect(reasonOf(() => make().handleConnect(Buffer.from("banned")))).toBe(0x8a);
	});

	it("[MQTT-4.12.0-5] keeps to the method that CONNECT named", () => {
		const authentication = make();
		authentication.handleConnect(undefined);
		expect(reasonOf(() => authentication.handleAuth(auth(0x18, "yes", "OTHER")))).toBe(0x82);
	});

	it("[MQTT-4.12.1-1] begins again once it is through, and not before", () => {
		const authentication = make();
		authentication.handleConnect(undefined);
		expect(reasonOf(() => authentication.handleAuth(auth(0x19, "yes")))).toBe(0x82);
		authentication.handleAuth(auth(0x18, "yes"));
		// Nothing is under way that could be continued.
		expect(reasonOf(() => authentication.handleAuth(auth(0x18, "yes")))).toBe(0x82);
		expect(authentication.handleAuth(auth(0x19, "a")).outcome).toBe("continue");
		expect(reasonOf(() => authentication.handleAuth(auth(0x19, "a")))).toBe(0x82);
		expect(authentication.handleAuth(auth(0x18, "yes")).outcome).toBe("success");
		expect(reasonOf(() => authentication.handleAuth(auth(0x19, "no")))).toBe(0x87);
	});
});
