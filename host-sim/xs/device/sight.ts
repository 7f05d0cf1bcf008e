// What `npm run size` tells its network to do. Both sides import it.

export const COMMAND_IDLE = 0;
/** Takes model and picture from storage. The argument is how many bytes the model has. */
export const COMMAND_LOAD = 1;
/** Looks through the model, and makes the network. */
export const COMMAND_MAKE = 2;
export const COMMAND_BEGIN = 3;
/** The argument is how many multiply-adds there is time for. Tells whether it is done, the label, and its confidence. */
export const COMMAND_RUN = 4;

/** And where a piece begins. */
export const MODEL_KEY = "model/";
/** Storage has no longer values. */
export const PIECE_BYTES = 4096;
export const PICTURE_KEY = "picture";
