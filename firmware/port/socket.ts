// firmware/io.ts's Socket: ECMA-419's TCP as it is. The typings lack `target` and the results of read and write.

import TCP from "embedded:io/socket/tcp";
import type { SocketConstructor } from "../io.js";

export const BoardSocket = TCP as unknown as SocketConstructor;
