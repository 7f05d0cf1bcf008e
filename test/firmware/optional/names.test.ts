import { expect, it } from "vitest";
import type { ResolveOptions } from "../../../firmware/io.js";
import { Names } from "../../../firmware/optional/names.js";

it("a socket learns from the last answer whom it speaks to; an address that nobody looked up is its own name", () => {
	let closed = 0;
	class Book {
		resolve({ host, onError, onResolved }: ResolveOptions): void {
			if (host === "broker.example") onResolved(host, "10.0.0.1");
			else onError();
		}
		close(): void {
			closed += 1;
		}
	}
	const names = new Names();
	const Remembering = names.remembering(Book);
	const heard: string[] = [];
	const ask = (host: string) => {
		const resolver = new Remembering({});
		resolver.resolve({
			host,
			onResolved: (name, address) => heard.push(`${name} ${address}`),
			onError: () => heard.push("no"),
		});
		resolver.close();
	};
	expect(names.of("10.0.0.1")).toBe("10.0.0.1");
	ask("broker.example");
	ask("elsewhere.example");
	expect(heard).toEqual(["broker.example 10.0.0.1", "no"]);
	expect(names.of("10.0.0.1")).toBe("broker.example");
	expect(names.of("10.0.0.2")).toBe("10.0.0.2");
	expect(closed).toBe(2);
});
