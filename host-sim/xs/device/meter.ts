// What `npm run size` tells its metered client to do. Both sides import it.

/** Does nothing: what a command costs by itself. */
export const COMMAND_NOTHING = 0;
/** The argument is 5 for 5.0. */
export const COMMAND_CREATE = 1;
/** The argument is 1 for a wildcard filter behind the exact ones. */
export const COMMAND_SUBSCRIBE = 2;
/** The argument is the QoS. */
export const COMMAND_PUBLISH = 3;

/** 24 characters, as the incumbent's figures have it. */
export const METERED_TOPIC = "plant/7/line/3/telemetry";
