import { createServer } from "node:net";
import { errorCode, StartError } from "./start_error.ts";

/** A port that we are going to listen on. */
export interface WantedPort {
  /** What listens there, as the operator reads it. */
  readonly use: string;
  /** The variable that chooses it. */
  readonly variable: string;
  readonly port: number;
  /** Undefined: all interfaces. */
  readonly host: string | undefined;
}

/**
 * Looks whether each port can be had, before anything is started.
 *
 * @throws {StartError} naming the first that cannot, and the variable that chooses another.
 */
export async function requireFreePorts(ports: readonly WantedPort[]): Promise<void> {
  const failures = await Promise.all(ports.map((wanted) => failureOf(wanted)));
  ports.forEach((wanted, index) => {
    const code = failures[index];
    if (code !== undefined) throw new StartError(sentence(wanted, code));
  });
}

function sentence({ use, variable, port, host }: WantedPort, code: string): string {
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} (${use}) is in use: stop what listens there, or set ${variable} to another.`;
    case "EACCES":
      return `Port ${port} (${use}) may not be used by this user: set ${variable} to one above 1023.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `HOST is no address of this machine: "${host}".`;
    default:
      return `Port ${port} (${use}) cannot be used (${code}): set ${variable} to another.`;
  }
}

function failureOf({ port, host }: WantedPort): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(errorCode(error)));
    server.listen({ port, ...(host === undefined ? {} : { host }), exclusive: true }, () => {
      server.close(() => resolve(undefined));
    });
  });
}
