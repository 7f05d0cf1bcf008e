import type { IConnectPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { withDefaults } from "../../../host-sim/broker/limits.js";
import { FOR_EVER, termsOf } from "../../../host-sim/broker/terms.js";

const connect = (protocolVersion: 4 | 5, more: Partial<IConnectPacket> = {}): IConnectPacket => ({
	cmd: "connect",
	clientId: "c",
	protocolVersion,
	clean: true,
	keepalive: 60,
	...more,
});

describe("what holds on a connection", () => {
	it("is at 5.0 what CONNECT says, and what the standard has for what it leaves out", () => {
		expect(termsOf(connect(5), withDefaults())).toEqual({
			isTold: true,
			mayAskNameless: true,
			keepAlive: 60,
			sessionExpiry: 0,
			theirReceiveMaximum: 65_535,
			theirTopicAliasMaximum: 16,
			ourReceiveMaximum: 65_535,
			ourTopicAliasMaximum: 0,
			ourPacketSize: Number.POSITIVE_INFINITY,
			wantsProblems: true,
			wantsResponses: false,
		});
		const properties = {
			sessionExpiryInterval: 100,
			receiveMaximum: 2,
			topicAliasMaximum: 5,
			maximumPacketSize: 50,
			requestProblemInformation: false,
			requestResponseInformation: true,
		};
		const limits = withDefaults({
			sessionExpiryMaximum: 30,
			serverKeepAlive: 0,
			receiveMaximum: 7,
			topicAliasMaximum: 0,
		});
		expect(termsOf(connect(5, { properties }), limits)).toMatchObject({
			keepAlive: 0,
			sessionExpiry: 30,
			theirReceiveMaximum: 7,
			theirTopicAliasMaximum: 0,
			ourReceiveMaximum: 2,
			ourTopicAliasMaximum: 5,
			ourPacketSize: 50,
			wantsProblems: false,
			wantsResponses: true,
		});
	});

	it("is at 3.1.1 what a client that cannot be told anything is held to", () => {
		const limits = withDefaults({ serverKeepAlive: 5, receiveMaximum: 1 });
		const told = { isTold: false, mayAskNameless: false, keepAlive: 60, theirReceiveMaximum: 65_535 };
		expect(termsOf(connect(4), limits)).toMatchObject({ ...told, sessionExpiry: 0 });
		expect(termsOf(connect(4, { clean: false }), limits)).toMatchObject({ ...told, sessionExpiry: FOR_EVER });
		expect(termsOf(connect(4, { clean: false }), withDefaults({ sessionExpiryMaximum: 9 })).sessionExpiry).toBe(9);
	});
});
