import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment of the program; ours when left out. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end, without a standard input; gives what it wrote to standard output.
 *
 * @throws {Error} with the last line it said when it fails.
 */
export async function runProgram(
  program: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const [file = "", ...args] = program;
  const child = spawn(file, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...(options.env ?? process.env) },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors += text);
  const [code] = await once(child, "close").catch((error: Error) => {
    throw new Error(`${file} cannot be run: ${error.message}`, { cause: error });
  });
  if (code === 0) return output;
  const said = errors.trim().split("\n").at(-1) ?? "";
  throw new Error(`${file} failed: ${said === "" ? `exit code ${code}` : said}`);
}
