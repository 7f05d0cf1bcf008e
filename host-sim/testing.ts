// thimble/testing: the simulator as a library, for unit tests of device code. A world of virtual time with a network and
// a broker; boards in it run the firmware's own client and agent. Nothing waits, and the same seed gives the same run.
//
//     const world = new World({ seed: 1 });
//     const client = new Client({ clientId: "c", ...world.collaborators("c") });
//     client.open();
//     world.run(1000);

export { Agent, type AgentCounts, type AgentListener, type AgentOptions } from "../firmware/device/agent.js";
export { Discovery, type DiscoveryOptions } from "../firmware/device/discovery.js";
export { type Offer, signedText } from "../firmware/device/offer.js";
export type { UpdateOptions, UpdateReason } from "../firmware/device/terms.js";
export { Update } from "../firmware/device/update.js";
export type * from "../firmware/io.js";
export * from "../firmware/mqtt/client.js";
export type { ServerReference } from "./broker/admission.js";
export type { Authenticator, Exchange, Step } from "./broker/authentication.js";
export { Broker, type BrokerListener, type BrokerOptions } from "./broker/broker.js";
export type { BrokerLimits } from "./broker/limits.js";
export type { Message, MessageProperties } from "./broker/message.js";
export { Checker, type CheckerOptions, type Violation, type Watched } from "./checker/checker.js";
export {
	type Gap,
	Ledger,
	type LedgerSummary,
	type ReadingEnd,
	type ReadingName,
	type Repeat,
	type Restart,
} from "./fleet/ledger.js";
export { Bridge, type BridgeOptions } from "./node/bridge.js";
export { nodeClock, nodeRandom } from "./node/clock.js";
export { nodeDigest } from "./node/digest.js";
export { FolderKeyValue, MemoryKeyValue } from "./node/keyvalue.js";
export { type Listener, type ListenOptions, listen } from "./node/listen.js";
export { isPossibleOutside, Outside, type OutsideOptions } from "./node/outside.js";
export { Pace, type PaceOptions, type RealTime, type RunOptions } from "./node/pace.js";
export { FaultProxy, type ProxyOptions } from "./node/proxy.js";
export { NodeResolver } from "./node/resolver.js";
export { newKey, nodeVerifier, Signer } from "./node/signature.js";
export { TCP } from "./node/tcp.js";
export { NodeTimer } from "./node/timer.js";
export { type SecureOptions, secureSocket } from "./node/tls.js";
export { type WebSocketOptions, webSocket } from "./node/websocket.js";
export { Scram, type ScramOptions, type ScramVerifier, scramVerifier } from "./security/scram.js";
export { sentence } from "./sentence.js";
export { type Delivery, Depot, type DepotOptions, type UpdateState } from "./update/depot.js";
export { CUT_MODES, type CutMode, Flash, type FlashOptions, PowerCut } from "./world/flash.js";
export { Link } from "./world/link.js";
export { clientIo, Machine, type MachineIo, type MachineOptions } from "./world/machine.js";
export { Network } from "./world/network.js";
export { Partitions, type PartitionsOptions } from "./world/partitions.js";
export { type LinkOptions, type NameService, Path } from "./world/path.js";
export { SeededRandom } from "./world/random.js";
export { type Task, VirtualTime } from "./world/time.js";
export type { Manners } from "./world/unruly.js";
export { World, type WorldOptions } from "./world/world.js";
