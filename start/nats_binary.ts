import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

/** The nats-server that is on this machine: `NATS_SERVER_BIN`, else the first on PATH. */
export function findNatsServer(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment["NATS_SERVER_BIN"];
  if (named !== undefined && named !== "") return named;
  // Root's PATH may lack the folders of system programs, where packages put the server.
  const folders = [...(environment["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/bin"];
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, process.platform === "win32" ? "nats-server.exe" : "nats-server"))
    .find(isProgram);
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
