// What mcconfig runs in the place of tsc (manifest.json names it): the same compiler, which in a build for boards puts the
// firmware's numeric constants where they are used. XS keeps a name that a module imports three times: as text, with the
// name of the module that it comes from; in each function that uses it; and as a slot of that function's stack. So
// `import { BUSY } from "./todo.js"` would cost flash and RAM on a board that the number 2 does not.
//
//     node compile.mjs -p tsconfig.json
//
// The sources say everything by name, debug builds keep the names for the debugger, and without this file everything
// works as well, and is a fifth larger. Numbers only, and only those of this folder: what an application declares is its own.
//
// mcconfig compiles file by file, and only those that have changed. So where the constants of a file change, the others
// have to be compiled anew, too: the run fails, says so, and sees to it that the next one does that.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const FOLDER = dirname(fileURLToPath(import.meta.url));

/** The compiler that is installed here; or the one whose `tsc` mcconfig would have found; undefined where neither can be asked. */
function typescript() {
	const tsc = process.env.PATH?.split(delimiter).map(folder => join(folder, "tsc"));
	for (const from of [import.meta.url, ...(tsc ?? []).filter(existsSync).map(path => realpathSync(path))]) {
		try {
			const ts = createRequire(from)("typescript");
			if (ts.createProgram !== undefined) return ts;
		} catch {
			// Not there: somewhere else.
		}
	}
	return undefined;
}

/**
 * Files whose constants others may import by name when everything is compiled: those that the package exports.
 */
function publicFiles() {
	const path = join(FOLDER, "../package.json");
	const { exports = {} } = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
	const paths = Object.values(exports).map(entry => /\/dist\/firmware\/(.*)\.js$/.exec(entry.default ?? "")?.[1]);
	return new Set(paths.filter(found => found !== undefined).map(found => join(FOLDER, `${found}.ts`)));
}

/** Computes the values of the firmware's constants: `numberOf` a symbol, or `evaluate` an expression; undefined for what is none. */
function constants(ts, checker) {
	const known = new Map();
	const numberOf = symbol => {
		if (symbol === undefined) return undefined;
		const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
		if (!known.has(target)) {
			// Until it is known it is none: a circle ends.
			known.set(target, undefined);
			const declaration = target.valueDeclaration;
			if (declaration !== undefined && isConstant(ts, declaration))
				known.set(target, evaluate(declaration.initializer));
		}
		return known.get(target);
	};
	const evaluate = node => {
		if (ts.isNumericLiteral(node)) return Number(node.text);
		if (ts.isParenthesizedExpression(node)) return evaluate(node.expression);
		if (ts.isIdentifier(node)) return numberOf(checker.getSymbolAtLocation(node));
		if (ts.isPrefixUnaryExpression(node)) return UNARY[ts.tokenToString(node.operator)]?.(evaluate(node.operand));
		if (!ts.isBinaryExpression(node)) return undefined;
		const apply = BINARY[ts.tokenToString(node.operatorToken.kind)];
		const left = apply && evaluate(node.left);
		const right = left === undefined ? undefined : evaluate(node.right);
		return right === undefined ? undefined : apply(left, right);
	};
	return { numberOf, evaluate };
}

const UNARY = {
	"-": value => (value === undefined ? undefined : -value),
	"~": value => (value === undefined ? undefined : ~value),
};

const BINARY = {
	"+": (a, b) => a + b,
	"-": (a, b) => a - b,
	"*": (a, b) => a * b,
	"/": (a, b) => a / b,
	"|": (a, b) => a | b,
	"&": (a, b) => a & b,
	"^": (a, b) => a ^ b,
	"<<": (a, b) => a << b,
	">>": (a, b) => a >> b,
	">>>": (a, b) => a >>> b,
};

/** Whether that is `const name = …` of a module in this folder. */
function isConstant(ts, declaration) {
	const statement = declaration.parent.parent;
	return (
		ts.isVariableDeclaration(declaration) &&
		ts.isIdentifier(declaration.name) &&
		declaration.initializer !== undefined &&
		(declaration.parent.flags & ts.NodeFlags.Const) !== 0 &&
		ts.isVariableStatement(statement) &&
		ts.isSourceFile(statement.parent) &&
		resolve(statement.parent.fileName).startsWith(FOLDER + sep)
	);
}

/** Puts the constants in place of their names; `keeps` says of which files their own stay exported. */
function inlining(ts, program, keeps) {
	const checker = program.getTypeChecker();
	const { numberOf, evaluate } = constants(ts, checker);
	return ({ factory }) => {
		const literal = value =>
			value < 0
				? factory.createParenthesizedExpression(factory.createPrefixMinus(factory.createNumericLiteral(-value)))
				: factory.createNumericLiteral(value);
		const exported = (name, value) =>
			factory.createVariableStatement(
				[factory.createModifier(ts.SyntaxKind.ExportKeyword)],
				factory.createVariableDeclarationList(
					[factory.createVariableDeclaration(name, undefined, undefined, literal(value))],
					ts.NodeFlags.Const,
				),
			);
		/** Of what an import or export names: the numbers, or all else but types. */
		const pick = (elements, isNumber) =>
			elements.filter(
				({ isTypeOnly, name }) =>
					!isTypeOnly && (numberOf(checker.getSymbolAtLocation(name)) !== undefined) === isNumber,
			);

		const visitImport = node => {
			const clause = node.importClause;
			const named = clause?.namedBindings;
			if (named === undefined || !ts.isNamedImports(named) || clause.isTypeOnly) return node;
			const left = pick(named.elements, false);
			if (left.length === named.elements.length) return node;
			if (left.length === 0 && clause.name === undefined) return undefined;
			const rest = factory.createImportClause(undefined, clause.name, factory.createNamedImports(left));
			return factory.updateImportDeclaration(node, node.modifiers, rest, node.moduleSpecifier, node.attributes);
		};
		const visitExport = node => {
			const named = node.exportClause;
			if (named === undefined || !ts.isNamedExports(named) || node.isTypeOnly) return node;
			const numbers = pick(named.elements, true);
			if (numbers.length === 0) return node;
			const left = pick(named.elements, false);
			const own = numbers.map(({ name }) => exported(name.text, numberOf(checker.getSymbolAtLocation(name))));
			if (left.length === 0) return own;
			const rest = factory.createNamedExports(left);
			return [
				factory.updateExportDeclaration(node, node.modifiers, false, rest, node.moduleSpecifier, node.attributes),
				...own,
			];
		};
		/** The module's own constants, which nobody needs to have any more. */
		const visitDeclaration = (node, file) => {
			const { declarations } = node.declarationList;
			const values = declarations.map(one =>
				isConstant(ts, one) ? numberOf(checker.getSymbolAtLocation(one.name)) : undefined,
			);
			if (values.includes(undefined)) return undefined;
			const isExported = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
			if (!isExported || !keeps(resolve(file.fileName))) return [];
			return declarations.map(({ name }, index) => exported(name.text, values[index]));
		};

		return file => {
			const visit = node => {
				if (ts.isTypeNode(node)) return node;
				if (ts.isImportDeclaration(node)) return visitImport(node);
				if (ts.isExportDeclaration(node)) return visitExport(node);
				if (ts.isVariableStatement(node) && node.parent === file) {
					const own = visitDeclaration(node, file);
					if (own !== undefined) return own;
				}
				if (ts.isPropertyAccessExpression(node)) {
					const object = ts.visitNode(node.expression, visit);
					return ts.isPropertyAccessChain(node)
						? factory.updatePropertyAccessChain(node, object, node.questionDotToken, node.name)
						: factory.updatePropertyAccessExpression(node, object, node.name);
				}
				if (ts.isShorthandPropertyAssignment(node)) {
					const value = numberOf(checker.getShorthandAssignmentValueSymbol(node));
					return value === undefined ? node : factory.createPropertyAssignment(node.name, literal(value));
				}
				if (ts.isExpression(node)) {
					// A name that is being declared is none that is used.
					const value = node.parent.name === node ? undefined : evaluate(node);
					if (value !== undefined && !ts.isNumericLiteral(node)) return literal(value);
				}
				return ts.visitEachChild(node, visit, undefined);
			};
			return ts.visitEachChild(file, visit, undefined);
		};
	};
}

/**
 * Those files and all of the firmware that they import, as JavaScript with the constants in their places: by the
 * path of the source. `keepsNames`: other programs will import constants by name, so each file exports its own as well.
 * Types are not checked here.
 */
export function compile(files, keepsNames = false) {
	const ts = typescript();
	if (ts === undefined) throw new Error("compile: expected the package typescript here: run npm ci");
	const program = ts.createProgram(files, {
		target: ts.ScriptTarget.ES2022,
		module: ts.ModuleKind.ESNext,
		moduleResolution: ts.ModuleResolutionKind.Bundler,
		lib: ["lib.es2024.d.ts"],
		types: [],
		verbatimModuleSyntax: true,
		resolveJsonModule: true,
		removeComments: true,
	});
	const open = publicFiles();
	const before = [inlining(ts, program, path => keepsNames || open.has(path))];
	const found = new Map();
	for (const file of program.getSourceFiles()) {
		if (file.isDeclarationFile) continue;
		program.emit(file, (_, text) => found.set(resolve(file.fileName), text), undefined, false, { before });
	}
	return found;
}

/** The numeric constants that a file exports, as text. */
function constantsOf(ts, program, file) {
	const checker = program.getTypeChecker();
	const { numberOf } = constants(ts, checker);
	const symbol = checker.getSymbolAtLocation(file);
	const all = symbol === undefined ? [] : checker.getExportsOfModule(symbol);
	const numbers = all.map(one => [one.name, numberOf(one)]).filter(([, value]) => value !== undefined);
	return JSON.stringify(Object.fromEntries(numbers));
}

/** As `tsc -p project` for the files that it names; returns the exit code. */
function build(project) {
	const ts = typescript();
	if (ts === undefined) return run("tsc", project);
	const complain = diagnostics => {
		const host = {
			getCanonicalFileName: name => name,
			getCurrentDirectory: ts.sys.getCurrentDirectory,
			getNewLine: () => "\n",
		};
		process.stdout.write(ts.formatDiagnostics(diagnostics, host));
		return 1;
	};
	const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: one => complain([one]) };
	const config = ts.getParsedCommandLineOfConfigFile(project, {}, host);
	if (config === undefined) return 1;
	const program = ts.createProgram(config.fileNames, config.options);
	const faults = [...config.errors, ...ts.getPreEmitDiagnostics(program)];
	if (faults.length > 0) return complain(faults);
	const isDebug = resolve(project).split(sep).includes("debug");
	const open = publicFiles();
	const before = isDebug ? [] : [inlining(ts, program, path => open.has(path))];
	let code = 0;
	for (const name of config.fileNames) {
		const file = program.getSourceFile(name);
		const { diagnostics } = program.emit(file, undefined, undefined, false, { before });
		if (diagnostics.length > 0) return complain(diagnostics);
		if (!isDebug && config.options.outDir !== undefined && haveChanged(config, constantsOf(ts, program, file))) {
			process.stdout.write(
				`${name}: its constants have changed, so that everything has to be compiled anew: build once more\n`,
			);
			code = 1;
		}
	}
	return code;
}

/** A compiler that is only a command does its work; nothing is put in the place of names then. */
function run(command, project) {
	const { error, status } = spawnSync(command, ["-p", project], { stdio: "inherit" });
	if (error !== undefined) throw new Error("compile: expected TypeScript's tsc on the path: npm install -g typescript");
	return status ?? 1;
}

/** Whether those constants are others than at the last time; then what was compiled with them counts as too old. */
function haveChanged({ options, raw }, now) {
	const path = join(options.outDir, "constants.json");
	const then = existsSync(path) ? readFileSync(path, "utf8") : now;
	mkdirSync(options.outDir, { recursive: true });
	writeFileSync(path, now);
	if (then === now) return false;
	// All that mcconfig compiles depends on it.
	if (typeof raw?.extends === "string") utimesSync(raw.extends, new Date(), new Date());
	return true;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
	const [option, project, ...more] = process.argv.slice(2);
	try {
		if (option !== "-p" || project === undefined || more.length > 0)
			throw new Error("compile: expected -p and the path of a tsconfig.json");
		process.exitCode = build(project);
	} catch (error) {
		process.stderr.write(`${error.message}\n`);
		process.exitCode = 2;
	}
}
