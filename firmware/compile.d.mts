// What host-sim uses of compile.mjs.

/**
 * Those files and all of the firmware that they import, as JavaScript with the constants in their places: by the path of
 * the source. `keepsNames`: other programs will import constants by name, so each file exports its own as well.
 */
export function compile(files: readonly string[], keepsNames?: boolean): Map<string, string>;
