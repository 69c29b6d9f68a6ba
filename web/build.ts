/**
 * Builds the console (`web/src`) into `web/dist`, which the api serves at `/`.
 *
 * The bundler runs in a child process at low priority and is skipped when neither the sources nor
 * the pinned packages have changed. Readers of `web/dist` never see half a build: assets carry the
 * hash of their content and are put in place before the page that names them.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const webFolder = fileURLToPath(new URL(".", import.meta.url));
const distFolder = join(webFolder, "dist");
const stampFile = join(distFolder, "sources.sha256");

export type Log = (line: string) => void;

/**
 * Makes `web/dist` fit the sources; ends at once when it does already.
 *
 * @throws Error with the bundler's words when the sources cannot be bundled; an older build stays.
 */
export async function buildConsole(
  log: Log = writeLine,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const startedAt = performance.now();
  const stamp = await hashOfSources();
  if (await readStamp() === stamp) return log("Console: web/dist is up to date");
  const draft = join(distFolder, `.draft-${process.pid}-${stamp.slice(0, 8)}`);
  await mkdir(draft, { recursive: true });
  try {
    await bundle(draft, signal);
    await publish(draft);
    await writeFile(stampFile, stamp);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  log(`Console: built web/dist in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
}

function writeLine(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function readStamp(): Promise<string | undefined> {
  try {
    await readFile(join(distFolder, "index.html"));
    return await readFile(stampFile, "utf8");
  } catch {
    return undefined;
  }
}

async function hashOfSources(): Promise<string> {
  const listed = await readdir(join(webFolder, "src"), { recursive: true, withFileTypes: true });
  const sources = listed.filter((entry) => entry.isFile() && !entry.name.endsWith("_test.ts"))
    .map((entry) => join(entry.parentPath, entry.name));
  const others = ["index.html", "build_pages.ts", "../package.json"];
  const files = [...sources, ...others.map((name) => join(webFolder, name))].sort();
  const contents = await Promise.all(files.map((file) => readFile(file)));
  const hash = createHash("sha256");
  files.forEach((file, index) => {
    hash.update(file.slice(webFolder.length)).update("\0").update(contents[index] ?? "");
  });
  return hash.digest("hex");
}

/** Runs `build_pages.ts` with the runtime that runs us, until it is done or `signal` ends it. */
function bundle(outDir: string, signal: AbortSignal): Promise<void> {
  const script = [join(webFolder, "build_pages.ts"), outDir];
  const isDeno = process.versions["deno"] !== undefined;
  const child = spawn(process.execPath, isDeno ? ["run", "-A", "--no-check", ...script] : script, {
    cwd: join(webFolder, ".."),
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, NODE_ENV: "production", NO_COLOR: "1" },
    signal,
  });
  lowerPriority(child.pid);
  const complaints: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints.push(text);
    // The end of the bundler's message names the fault; a flood of warnings is dropped.
    if (complaints.length > 100) complaints.shift();
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`Cannot build the console: ${complaints.join("").trim()}`));
    });
  });
}

function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // Only a courtesy to the platform: some containers forbid it.
  }
}

/** Assets first, then the page, then the assets that no page names any more. */
async function publish(draft: string): Promise<void> {
  const assets = join(distFolder, "assets");
  await cp(join(draft, "assets"), assets, { recursive: true });
  await rename(join(draft, "index.html"), join(distFolder, "index.html"));
  const current = new Set(await readdir(join(draft, "assets")));
  const present = await readdir(assets);
  await Promise.all(
    present.filter((name) => !current.has(name)).map((name) => rm(join(assets, name))),
  );
}
