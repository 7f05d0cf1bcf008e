// What the checker looks for, as data: every rule with the statement that it is reported by, in 3.1.1 and in 5.0. Behind
// the rules stand the statements that bind a client and are not reported by their own id: those that another one says as
// well, and those that nobody can see from outside, each with its reason. So no statement is forgotten.

export type Version = "3.1.1" | "5.0";

type Pair = readonly [three: string, five: string];

const both = (id: string): Pair => [id, id];
/** A rule that only 5.0 has. */
const five = (id: string): Pair => ["", id];

/** By rule: the statement in 3.1.1 and in 5.0. A section sign marks a rule of the text that has no number. */
export const RULES = {
	// Encoding.
	utf8: ["MQTT-1.5.3-1", "MQTT-1.5.4-1"],
	utf8ClientId: both("MQTT-3.1.3-4"),
	utf8WillTopic: ["MQTT-3.1.3-10", "MQTT-3.1.3-11"],
	utf8UserName: ["MQTT-3.1.3-11", "MQTT-3.1.3-12"],
	utf8TopicName: both("MQTT-3.3.2-1"),
	utf8ResponseTopic: five("MQTT-3.3.2-13"),
	utf8ContentType: five("MQTT-3.3.2-19"),
	utf8Pair: five("MQTT-1.5.7-1"),
	utf8Subscribe: both("MQTT-3.8.3-1"),
	utf8Unsubscribe: both("MQTT-3.10.3-1"),
	nul: ["MQTT-1.5.3-2", "MQTT-1.5.4-2"],
	nulTopic: both("MQTT-4.7.3-2"),
	variableByteInteger: ["§2.2.3", "MQTT-1.5.5-1"],
	remainingLength: ["§2.2.3", "§1.5.5"],
	packetType: ["§2.2.1", "§2.1.2"],
	length: ["§4.8", "§4.13.1"],
	propertyLength: five("MQTT-2.2.2-1"),
	property: five("§2.2.2.2"),

	// Flags.
	flags: ["MQTT-2.2.2-1", "MQTT-2.1.3-1"],
	flagsOfPubrel: both("MQTT-3.6.1-1"),
	flagsOfSubscribe: both("MQTT-3.8.1-1"),
	flagsOfUnsubscribe: both("MQTT-3.10.1-1"),
	flagsOfDisconnect: ["MQTT-2.2.2-1", "MQTT-3.14.1-1"],
	flagsOfAuth: five("MQTT-3.15.1-1"),

	// CONNECT.
	connectFirst: both("MQTT-3.1.0-1"),
	connectTwice: both("MQTT-3.1.0-2"),
	protocolName: both("MQTT-3.1.2-1"),
	protocolLevel: both("MQTT-3.1.2-2"),
	connectReserved: both("MQTT-3.1.2-3"),
	willMissing: both("MQTT-3.1.2-9"),
	willUnannounced: ["MQTT-3.1.2-11", "MQTT-3.1.3-1"],
	willQosWithoutWill: ["MQTT-3.1.2-13", "MQTT-3.1.2-11"],
	willQosThree: ["MQTT-3.1.2-14", "MQTT-3.1.2-12"],
	willRetainWithoutWill: ["MQTT-3.1.2-15", "MQTT-3.1.2-13"],
	userNameUnannounced: ["MQTT-3.1.2-18", "MQTT-3.1.2-16"],
	userNameMissing: ["MQTT-3.1.2-19", "MQTT-3.1.2-17"],
	passwordUnannounced: ["MQTT-3.1.2-20", "MQTT-3.1.2-18"],
	passwordMissing: ["MQTT-3.1.2-21", "MQTT-3.1.2-19"],
	passwordAlone: ["MQTT-3.1.2-22", ""],
	payloadOrder: both("MQTT-3.1.3-1"),
	clientIdMissing: both("MQTT-3.1.3-3"),
	clientIdEmpty: ["MQTT-3.1.3-7", ""],
	beforeConnack: five("MQTT-3.1.2-30"),

	// Packet ids.
	packetIdZero: ["MQTT-2.3.1-1", "MQTT-2.2.1-3"],
	packetIdInUse: ["MQTT-2.3.1-2", "MQTT-2.2.1-3"],
	packetIdInUseAtQos1: ["MQTT-2.3.1-2", "MQTT-4.3.2-1"],
	packetIdInUseAtQos2: ["MQTT-2.3.1-2", "MQTT-4.3.3-1"],
	acknowledgedId: ["MQTT-2.3.1-6", "MQTT-2.2.1-5"],

	// Topics.
	wildcardInName: both("MQTT-3.3.2-2"),
	wildcardInWill: ["MQTT-4.7.1-1", "MQTT-4.7.0-1"],
	wildcardInResponse: five("MQTT-3.3.2-14"),
	emptyTopic: both("MQTT-4.7.3-1"),
	hash: ["MQTT-4.7.1-2", "MQTT-4.7.1-1"],
	plus: ["MQTT-4.7.1-3", "MQTT-4.7.1-2"],
	shareName: five("MQTT-4.8.2-1"),
	shareFilter: five("MQTT-4.8.2-2"),

	// PUBLISH.
	qosThree: both("MQTT-3.3.1-4"),
	dupAtQos0: both("MQTT-3.3.1-2"),
	dupMissing: both("MQTT-3.3.1-1"),
	dupAtFirstQos1: ["MQTT-4.3.2-1", "MQTT-4.3.2-2"],
	dupAtFirstQos2: ["MQTT-4.3.3-1", "MQTT-4.3.3-2"],
	aliasZero: five("MQTT-3.3.2-8"),
	aliasTooHigh: five("MQTT-3.3.2-9"),
	aliasUnwanted: five("MQTT-3.2.2-18"),
	aliasUnknown: five("§3.3.2.3.4"),
	aliasOfBefore: five("MQTT-3.3.2-7"),
	aliasRefused: five("MQTT-3.3.2-10"),
	subscriptionIdentifier: five("MQTT-3.3.4-6"),
	receiveMaximum: five("MQTT-3.3.4-7"),
	qosAboveMaximum: five("MQTT-3.2.2-11"),
	retainUnavailable: five("MQTT-3.2.2-14"),

	// Sent again, or not.
	sentAgainLive: five("MQTT-4.4.0-1"),
	sentAgainOtherId: ["MQTT-2.3.1-3", "MQTT-4.4.0-1"],
	notSentAgain: both("MQTT-4.4.0-1"),
	expiryApplied: five("MQTT-4.3.3-7"),
	sentAfterRefusal: five("MQTT-4.4.0-2"),
	sentAfterPubrel: ["MQTT-4.3.3-1", "MQTT-4.3.3-6"],
	publishOrder: both("MQTT-4.6.0-1"),
	cleanReused: ["MQTT-3.1.2-6", "MQTT-3.1.2-4"],
	lostReused: five("MQTT-3.2.2-5"),
	stateless: ["MQTT-4.8.0-1", "MQTT-3.2.2-4"],

	// Answers.
	wrongAnswer: both("MQTT-3.3.4-1"),
	noPuback: ["MQTT-4.3.2-2", "MQTT-4.3.2-4"],
	noPubrec: ["MQTT-4.3.3-2", "MQTT-4.3.3-8"],
	noPubrecAgain: ["MQTT-4.3.3-2", "MQTT-4.3.3-10"],
	noPubrel: ["MQTT-4.3.3-1", "MQTT-4.3.3-4"],
	noPubcomp: ["MQTT-4.3.3-2", "MQTT-4.3.3-11"],
	noPubcompExpired: five("MQTT-4.3.3-13"),
	heldBack: five("MQTT-4.9.0-3"),
	pubrelUnasked: ["MQTT-4.3.3-1", "MQTT-4.3.3-4"],
	pubackOrder: both("MQTT-4.6.0-2"),
	pubrecOrder: both("MQTT-4.6.0-3"),
	pubrelOrder: both("MQTT-4.6.0-4"),

	// Reasons and sizes.
	reasonOfPuback: five("MQTT-3.4.2-1"),
	reasonOfPubrec: five("MQTT-3.5.2-1"),
	reasonOfPubrel: five("MQTT-3.6.2-1"),
	reasonOfPubcomp: five("MQTT-3.7.2-1"),
	reasonOfDisconnect: five("MQTT-3.14.2-1"),
	reasonOfAuth: five("MQTT-3.15.2-1"),
	tooLarge: five("MQTT-3.2.2-15"),
	textOfPuback: five("MQTT-3.4.2-2"),
	pairOfPuback: five("MQTT-3.4.2-3"),
	textOfPubrec: five("MQTT-3.5.2-2"),
	pairOfPubrec: five("MQTT-3.5.2-3"),
	textOfPubrel: five("MQTT-3.6.2-2"),
	pairOfPubrel: five("MQTT-3.6.2-3"),
	textOfPubcomp: five("MQTT-3.7.2-2"),
	pairOfPubcomp: five("MQTT-3.7.2-3"),
	textOfDisconnect: five("MQTT-3.14.2-3"),
	pairOfDisconnect: five("MQTT-3.14.2-4"),
	textOfAuth: five("MQTT-3.15.2-2"),
	pairOfAuth: five("MQTT-3.15.2-3"),

	// SUBSCRIBE and UNSUBSCRIBE.
	subscribeEmpty: ["MQTT-3.8.3-3", "MQTT-3.8.3-2"],
	unsubscribeEmpty: both("MQTT-3.10.3-2"),
	optionsReserved: ["MQTT-3.8.3-4", "MQTT-3.8.3-5"],
	optionsValue: ["MQTT-3.8.3-4", "§3.8.3.1"],
	noLocalShared: five("MQTT-3.8.3-4"),
	wildcardUnavailable: five("§3.2.2.3.11"),
	identifierUnavailable: five("§3.2.2.3.12"),
	sharedUnavailable: five("§3.2.2.3.13"),

	// The connection's life and its end.
	keepAlive: ["MQTT-3.1.2-23", "MQTT-3.1.2-20"],
	serverKeepAlive: five("MQTT-3.2.2-21"),
	afterDisconnect: ["MQTT-3.14.4-2", "MQTT-3.14.4-1"],
	openAfterDisconnect: ["MQTT-3.14.4-1", "MQTT-3.14.4-2"],
	expiryRaised: five("§3.14.2.2.2"),
	openAfterFault: ["MQTT-4.8.0-1", "MQTT-4.13.2-1"],
	openAfterFlags: ["MQTT-2.2.2-2", "MQTT-4.13.2-1"],
	openAfterUtf8: ["MQTT-1.5.3-1", "MQTT-4.13.2-1"],
	openAfterNul: ["MQTT-1.5.3-2", "MQTT-4.13.2-1"],
	openAfterQosThree: ["MQTT-3.3.1-4", "MQTT-4.13.2-1"],

	// AUTH.
	authUnasked: five("MQTT-4.12.0-7"),
	authAnswer: five("MQTT-4.12.0-3"),
	authMethod: five("MQTT-4.12.0-5"),
	authMethodAgain: five("MQTT-4.12.1-1"),
	authOutOfTurn: five("§4.12"),
	authDataAlone: five("§3.1.2.11.10"),
} as const satisfies Record<string, Pair>;

export type Rule = keyof typeof RULES;

/** Statements that another one says as well, and by whose id a breach is reported. */
export const REPORTED_AS: Readonly<Record<Version, Readonly<Record<string, string>>>> = {
	"3.1.1": {
		"MQTT-3.1.2-4": "MQTT-4.4.0-1", // State that was not kept shows when it is not sent again.
		"MQTT-4.1.0-1": "MQTT-4.4.0-1",
		"MQTT-4.3.1-1": "MQTT-3.3.1-2",
		"MQTT-4.5.0-2": "MQTT-4.3.2-2",
	},
	"5.0": {
		"MQTT-3.1.2-21": "MQTT-3.2.2-21",
		"MQTT-3.1.2-23": "MQTT-4.4.0-1",
		"MQTT-3.2.2-17": "MQTT-3.3.2-9",
		"MQTT-3.3.4-8": "MQTT-4.9.0-3",
		"MQTT-4.1.0-1": "MQTT-4.4.0-1",
		"MQTT-4.3.1-1": "MQTT-3.3.1-2",
		"MQTT-4.3.2-3": "MQTT-4.4.0-1",
		"MQTT-4.3.3-3": "MQTT-4.4.0-1",
		"MQTT-4.3.3-5": "MQTT-4.4.0-1",
		"MQTT-4.5.0-2": "MQTT-4.3.2-4",
		"MQTT-4.9.0-1": "MQTT-3.3.4-7",
		"MQTT-4.9.0-2": "MQTT-3.3.4-7",
	},
};

const INSIDE = "What a client takes a received identifier for is inside it; only its answers travel.";
const KEPT = "Whether the application gets the character is inside the client.";
const NO_FIELD = "Two bytes where an identifier would be are properties or payload: nothing tells them apart.";
const BY_ID = "Which state a client keeps for which id is inside it; what it does with it is seen by MQTT-4.4.0-1.";
const LENGTH = "Two bytes of length cannot say more than 65,535.";
const TRANSPORT = "The checker is given the bytes of a connection, and knows nothing of what carries them.";

/** Statements that bind a client and that cannot be seen from outside, with the reason. */
export const UNSEEN: Readonly<Record<Version, Readonly<Record<string, string>>>> = {
	"3.1.1": {
		"MQTT-1.5.3-3": KEPT,
		"MQTT-2.3.1-5": NO_FIELD,
		"MQTT-3.1.3-2": BY_ID,
		"MQTT-4.1.0-2": "State that ends early and is never asked for again leaves no trace.",
		"MQTT-4.7.3-3": LENGTH,
		"MQTT-4.8.0-2": "Whether an error was transient, or was met at all, is inside the client.",
		"MQTT-6.0.0-1": TRANSPORT,
		"MQTT-6.0.0-2": TRANSPORT,
		"MQTT-6.0.0-3": TRANSPORT,
		"MQTT-7.0.0-2": "What a client needs of its server beyond the standard is not in any one conversation.",
		"MQTT-7.1.2-1": TRANSPORT,
	},
	"5.0": {
		"MQTT-1.5.4-3": KEPT,
		"MQTT-2.2.1-2": NO_FIELD,
		"MQTT-3.1.3-2": BY_ID,
		"MQTT-4.2.0-1": TRANSPORT,
		"MQTT-4.3.2-5": INSIDE,
		"MQTT-4.3.3-9": INSIDE,
		"MQTT-4.3.3-12": INSIDE,
		"MQTT-4.7.3-3": LENGTH,
		"MQTT-4.12.1-2": "Whether the client found that an authentication failed is inside it.",
		"MQTT-6.0.0-1": TRANSPORT,
		"MQTT-6.0.0-2": TRANSPORT,
		"MQTT-6.0.0-3": TRANSPORT,
	},
};

/** The statement that this rule is reported by. Rules that only one version has are never broken in the other. */
export function statementOf(rule: Rule, version: Version): string {
	return RULES[rule][version === "5.0" ? 1 : 0];
}
