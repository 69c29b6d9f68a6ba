import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the range from which systems give ports to outgoing connections (Linux: from 32,768). */
const [portMin, portMax] = [10_240, 32_767];
const attemptsMax = 100;

/** A port of loopback on which nobody listens now, and which no outgoing connection will take. */
export async function freePort(): Promise<number> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const port = randomInt(portMin, portMax + 1);
    // deno-lint-ignore no-await-in-loop -- the next only when this one is taken
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port among ${attemptsMax} tried`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    // On all interfaces: a listener on any of them would be in the way.
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
