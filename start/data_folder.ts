import { randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { isRunning, ownMark, type ProcessMark } from "./process_mark.ts";
import { errorCode, StartError } from "./start_error.ts";
import { pause } from "./waiting.ts";

/** The folder of one all-in-one, held by this process until `release`. */
export interface DataFolder {
  readonly path: string;
  /** The text of a private file; `make` gives it when there is none yet. */
  secret(name: string, make?: () => string): string;
  /** Children of ours, by name, as written down; survives our own end. */
  readonly children: ChildRecords;
  /** Gives the folder back. Repeatable. */
  release(): void;
}

export interface ChildRecords {
  read(): Readonly<Record<string, ProcessMark>>;
  write(name: string, mark: ProcessMark | undefined): void;
}

const lockName = "lock.json";
const claimName = "lock.json.new";
/** A claim is written a moment after it is made; a claim that stays unreadable is a dead one. */
const claimReadsMax = 10;

/**
 * Makes the folder when there is none, and takes it for this process alone.
 *
 * @throws {StartError} when it cannot be written or another process runs on it.
 */
export async function takeDataFolder(path: string): Promise<DataFolder> {
  const folder = makeFolder(resolve(path));
  await takeLock(folder, ownMark());
  return {
    path: folder,
    secret: (name, make = randomSecret) => readSecret(join(folder, name), make),
    children: childRecords(join(folder, "processes.json")),
    release: () => release(join(folder, lockName)),
  };
}

/** 32 random bytes as text. */
export function randomSecret(): string {
  return randomBytes(32).toString("base64url");
}

function makeFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
    if (!statSync(path).isDirectory()) throw new StartError(`DATA_DIR is no folder: ${path}.`);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const probe = join(path, `.write-${ownMark().pid}`);
    writeFileSync(probe, "");
    rmSync(probe);
    return realpathSync(path);
  } catch (thrown) {
    if (thrown instanceof StartError) throw thrown;
    throw new StartError(
      `The data folder ${path} cannot be written (${
        errorCode(thrown)
      }): give this user the right to, ` +
        "or choose another DATA_DIR.",
      { cause: thrown },
    );
  }
}

/**
 * The claim is made exclusively and then becomes the lock in one rename, so that of two starts at
 * once only one can replace the lock of a dead process.
 */
async function takeLock(folder: string, mark: ProcessMark): Promise<void> {
  const [lock, claim] = [join(folder, lockName), join(folder, claimName)];
  requireFree(folder, readMark(lock));
  for (let reads = 0; !tryClaim(claim, mark); reads++) {
    const other = readMark(claim);
    if (other !== undefined) requireFree(folder, other);
    if (other !== undefined || reads >= claimReadsMax) rmSync(claim, { force: true });
    // deno-lint-ignore no-await-in-loop -- lets the other write its claim
    else await pause(50);
  }
  const holder = readMark(lock);
  if (holder !== undefined && isRunning(holder)) rmSync(claim, { force: true });
  requireFree(folder, holder);
  renameSync(claim, lock);
}

function tryClaim(claim: string, mark: ProcessMark): boolean {
  try {
    writeFileSync(claim, JSON.stringify(mark), { flag: "wx" });
    return true;
  } catch (thrown) {
    if (errorCode(thrown) === "EEXIST") return false;
    throw thrown;
  }
}

function requireFree(folder: string, holder: ProcessMark | undefined): void {
  if (holder === undefined || !isRunning(holder)) return;
  throw new StartError(
    `Statewatt runs on ${folder} already (process ${holder.pid}): stop that one first, or choose ` +
      "another DATA_DIR.",
  );
}

function release(lock: string): void {
  const mark = ownMark();
  const holder = readMark(lock);
  if (holder?.pid === mark.pid && holder.startedAt === mark.startedAt) {
    rmSync(lock, { force: true });
  }
}

function readMark(file: string): ProcessMark | undefined {
  const value = readJson(file);
  return isMark(value) ? value : undefined;
}

function isMark(value: unknown): value is ProcessMark {
  return typeof value === "object" && value !== null && "pid" in value && "startedAt" in value &&
    typeof value.pid === "number" && typeof value.startedAt === "string";
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function childRecords(file: string): ChildRecords {
  const read = (): Record<string, ProcessMark> => {
    const value = readJson(file);
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(Object.entries(value).filter(([, mark]) => isMark(mark)));
  };
  return {
    read,
    write: (name, mark) => {
      const { [name]: _, ...others } = read();
      replaceFile(file, JSON.stringify(mark === undefined ? others : { ...others, [name]: mark }));
    },
  };
}

function readSecret(file: string, make: () => string): string {
  if (existsSync(file)) {
    const text = readFileSync(file, "utf8").trim();
    if (text !== "") {
      chmodSync(file, 0o600);
      return text;
    }
  }
  const text = make();
  replaceFile(file, `${text}\n`);
  return text;
}

/** Whole or not at all, readable by us only. */
function replaceFile(file: string, text: string): void {
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, text, { mode: 0o600, flush: true });
  renameSync(fresh, file);
}
