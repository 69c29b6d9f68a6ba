/**
 * Bundles the console into the folder given as the only argument. A program of its own, so that the
 * platform's event loop never waits for the bundler: see `build.ts`.
 */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { build } from "vite";

const outDir = process.argv[2];
if (outDir === undefined) throw new Error("Cannot bundle the console: no output folder was given");

await build({
  configFile: false,
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "/",
  logLevel: "error",
  plugins: [react()],
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2023",
    // One style sheet and few chunks: the console is opened once and stays open.
    cssCodeSplit: false,
    chunkSizeWarningLimit: 2_000,
    reportCompressedSize: false,
  },
});
