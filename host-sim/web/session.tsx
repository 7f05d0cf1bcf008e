// The stage that a part of the page is about.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Session } from "./model/session.js";

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
	const session = useContext(SessionContext);
	if (session === undefined) throw new Error("shown outside of any stage");
	return session;
}
