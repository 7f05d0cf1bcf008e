// What a page that is not on the simulator's own machine has to show. It comes behind the # of the address, where no server and no log
// sees it, is taken out of the address at once, and stays with this tab.

const KEY = "thimble.token";

export function takeToken(): string | undefined {
	const match = /^#(?:.*&)?token=([\w-]+)$/.exec(location.hash);
	try {
		if (match !== null) sessionStorage.setItem(KEY, match[1]!);
		if (match !== null) history.replaceState(null, "", location.pathname);
		return match?.[1] ?? sessionStorage.getItem(KEY) ?? undefined;
	} catch {
		return match?.[1];
	}
}
