// How the page is built: what a browser is to load stays small, and is asked for when it is needed. No policy has to allow inline
// scripts, and nothing comes from elsewhere.

import { defineConfig } from "vite";

export default defineConfig({
	root: import.meta.dirname,
	base: "./",
	publicDir: false,
	logLevel: "warn",
	oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
	build: {
		target: "es2024",
		outDir: "../../dist/host-sim/web",
		emptyOutDir: true,
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
	},
});
