// What goes over the connection of one board while things go wrong: the will that fires, the session that is resumed, what had waited
// and comes again.

import { useEffect, useMemo } from "preact/hooks";
import { Diagram } from "../packets/diagram.js";
import { Lanes } from "../packets/lanes.js";
import { PacketLog } from "../packets/packetlog.js";
import { hrefOf } from "../route.js";
import { useSession } from "../session.js";

/** All is shown but the answers to each other's pings. */
const HIDDEN = new Set(["ping"] as const);

export function Wire({ board, height }: { readonly board: string; readonly height: string }) {
	const session = useSession();
	const { link } = session;
	const log = PacketLog.of(session);
	useEffect(() => log.choose([board, link.clientId]), [log, board, link]);
	const filter = useMemo(() => {
		const lanes = new Lanes([board, link.clientId], client => client === board, link.clientId);
		return { lanes, hidden: HIDDEN, text: "", about: new Set([board]) };
	}, [board, link]);
	const open = () => {
		location.hash = hrefOf("packets", board);
	};
	return <Diagram log={log} filter={filter} height={height} onOpen={open} />;
}
