// The part of Jinja2 that our value templates are written in, and nothing beyond it: what it does not know is an error, and so is
// an undefined value that would be shown, of which Home Assistant warns in its log. test/interop/homeassistant.test.ts holds it
// against Jinja2 itself.

class Undefined {}

const UNDEFINED = new Undefined();

type Context = Record<string, unknown>;

/** `if` with what it holds, as far as its `endif`. */
type Node =
	| { readonly kind: "text"; readonly text: string }
	| { readonly kind: "show"; readonly expression: Expression }
	| { readonly kind: "set"; readonly name: string; readonly expression: Expression }
	| { readonly kind: "if"; readonly expression: Expression; readonly nodes: readonly Node[] };

type Expression = (context: Context) => unknown;

/** A template rendered with these variables. Throws Error. */
export function render(template: string, variables: Context): string {
	const parts = partsOf(template);
	const nodes = nodesIn(parts, false);
	return shown(nodes, { ...variables }).trim();
}

function shown(nodes: readonly Node[], context: Context): string {
	let text = "";
	for (const node of nodes) {
		if (node.kind === "text") text += node.text;
		else if (node.kind === "set") context[node.name] = node.expression(context);
		else if (node.kind === "if") text += isTrue(node.expression(context)) ? shown(node.nodes, context) : "";
		else {
			const value = node.expression(context);
			if (typeof value !== "number" && typeof value !== "string") throw new Error(`shows ${String(value)}`);
			text += value;
		}
	}
	return text;
}

function isTrue(value: unknown): boolean {
	if (value instanceof Undefined) return false;
	return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

interface Part {
	readonly kind: "text" | "{{" | "{%";
	readonly text: string;
}

function partsOf(template: string): Part[] {
	const parts: Part[] = [];
	let at = 0;
	while (at < template.length) {
		const next = template.slice(at).search(/\{[{%#]/);
		if (next !== 0) {
			const stop = next < 0 ? template.length : at + next;
			parts.push({ kind: "text", text: template.slice(at, stop) });
			at = stop;
			continue;
		}
		const open = template.slice(at, at + 2);
		if (open === "{#") throw new Error("a comment");
		const stop = template.indexOf(open === "{{" ? "}}" : "%}", at);
		if (stop < 0) throw new Error(`${open} without an end`);
		parts.push({ kind: open as "{{" | "{%", text: template.slice(at + 2, stop).trim() });
		at = stop + 2;
	}
	return parts;
}

/** Takes parts away, up to the `endif` where one is awaited. */
function nodesIn(parts: Part[], isInside: boolean): Node[] {
	const nodes: Node[] = [];
	for (;;) {
		const part = parts.shift();
		if (part === undefined) {
			if (isInside) throw new Error("if without endif");
			return nodes;
		}
		const { kind, text } = part;
		if (kind === "text") nodes.push({ kind: "text", text });
		else if (kind === "{{") nodes.push({ kind: "show", expression: new Parser(text).whole() });
		else if (text === "endif") {
			if (!isInside) throw new Error("endif without if");
			return nodes;
		} else {
			const [, name, value] = /^set ([a-z]\w*) ?= ?(.+)$/.exec(text) ?? [];
			const [, condition] = /^if (.+)$/.exec(text) ?? [];
			if (name !== undefined) nodes.push({ kind: "set", name, expression: new Parser(value!).whole() });
			else if (condition !== undefined) {
				const expression = new Parser(condition).whole();
				nodes.push({ kind: "if", expression, nodes: nodesIn(parts, true) });
			} else throw new Error(`unknown statement: ${text}`);
		}
	}
}

const TESTS: Readonly<Record<string, (value: unknown) => boolean>> = {
	defined: value => !(value instanceof Undefined),
	none: value => value === null,
	number: value => typeof value === "number",
};

const FILTERS: Readonly<Record<string, (value: unknown, given: unknown) => unknown>> = {
	default: (value, given) => (value instanceof Undefined ? given : value),
	reject: (value, given) => {
		const test = TESTS[String(given)];
		if (test === undefined) throw new Error(`unknown test: ${given}`);
		return elements(value).filter(each => !test(each));
	},
	list: value => elements(value),
	first: value => elements(value)[0] ?? UNDEFINED,
	last: value => elements(value).at(-1) ?? UNDEFINED,
};

/** What Python would go through. */
function elements(value: unknown): unknown[] {
	if (Array.isArray(value)) return value;
	if (typeof value === "string") return [...value];
	throw new Error(`${String(value)} has no elements`);
}

class Parser {
	readonly #tokens: string[];

	constructor(text: string) {
		this.#tokens = [...text.matchAll(/\s*('[^'\\]*'|\d+(?:\.\d+)?|\w+|[|.()[\]])\s*/gy)].map(match => match[1]!);
		const spaces = /\s+/g;
		if (this.#tokens.join("").replace(spaces, "") !== text.replace(spaces, ""))
			throw new Error(`unknown signs: ${text}`);
	}

	whole(): Expression {
		const expression = this.#choice();
		if (this.#tokens.length > 0) throw new Error(`more than expected: ${this.#tokens.join(" ")}`);
		return expression;
	}

	/** `a if b else c`. */
	#choice(): Expression {
		const first = this.#tested();
		if (!this.#has("if")) return first;
		const condition = this.#tested();
		this.#want("else");
		const second = this.#choice();
		return context => (isTrue(condition(context)) ? first(context) : second(context));
	}

	#tested(): Expression {
		const value = this.#filtered();
		if (!this.#has("is")) return value;
		const isNot = this.#has("not");
		const name = this.#word();
		const test = TESTS[name];
		if (test === undefined) throw new Error(`unknown test: ${name}`);
		return context => test(value(context)) !== isNot;
	}

	#filtered(): Expression {
		let value = this.#primary();
		while (this.#has("|")) {
			const name = this.#word();
			const filter = FILTERS[name];
			if (filter === undefined) throw new Error(`unknown filter: ${name}`);
			const given = this.#has("(") ? this.#argument() : undefined;
			if ((given === undefined) !== /^(list|first|last)$/.test(name)) throw new Error(`wrong arguments: ${name}`);
			const before = value;
			value = context => filter(before(context), given?.(context));
		}
		return value;
	}

	#argument(): Expression {
		const argument = this.#choice();
		this.#want(")");
		return argument;
	}

	#primary(): Expression {
		const token = this.#tokens.shift() ?? "";
		if (token.startsWith("'")) return () => token.slice(1, -1);
		if (/^\d/.test(token)) return () => Number(token);
		if (!/^[a-z]\w*$/.test(token) || /^(if|else|is|not|and|or|in)$/.test(token))
			throw new Error(`unexpected: ${token}`);
		let value: Expression = context => (Object.hasOwn(context, token) ? context[token] : UNDEFINED);
		while (this.#has(".")) {
			const before = value;
			const name = this.#word();
			value = context => memberOf(before(context), name);
		}
		return value;
	}

	#word(): string {
		const token = this.#tokens.shift() ?? "";
		if (!/^[a-zA-Z]\w*$/.test(token)) throw new Error(`expected a word: ${token}`);
		return token;
	}

	#has(token: string): boolean {
		if (this.#tokens[0] !== token) return false;
		this.#tokens.shift();
		return true;
	}

	#want(token: string): void {
		if (!this.#has(token)) throw new Error(`expected ${token}`);
	}
}

function memberOf(value: unknown, name: string): unknown {
	if (value instanceof Undefined) throw new Error(`${name} of what is undefined`);
	if (typeof value !== "object" || value === null) return UNDEFINED;
	return Object.hasOwn(value, name) ? (value as Context)[name] : UNDEFINED;
}
