import process from "node:process";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { RawSocket } from "../load/raw_socket.ts";
import { parseOptions } from "../options.ts";
import { wait } from "../paced_clock.ts";
import { badFrame, closingKinds, framesIn } from "./malformed_frames.ts";

/**
 * Attacks from a process of its own, so that what it costs to make bad frames delays nobody who
 * measures. Writes one line of JSON when all frames have left.
 */

const specs = {
  url: { type: "text", help: "OCPP endpoint", default: "" },
  frames: { type: "number", help: "how many", default: 1_000, min: 1 },
  sockets: { type: "number", help: "attackers", default: 16, min: 1 },
  seed: { type: "number", help: "of the frames", default: 1, min: 0 },
  seconds: { type: "number", help: "longest attack", default: 120, min: 1 },
} as const;

const protocols = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const;
const BACKLOG_BYTES_MAX = 64_000;
/**
 * A station whose bad frames are throttled is read no further: then the attacker hangs up itself.
 */
const CLOSE_MS_MAX = 3_000;
const FRAMES_PER_TURN = 20;
const RECONNECT_MS = 50;

const clock = systemClock();
const options = parseOptions(process.argv.slice(2), specs);
const endsAtMs = clock.monotonic() + (options.number("seconds") ?? 0) * 1_000;
const isOver = (): boolean => clock.monotonic() > endsAtMs;

export interface AttackReport {
  frames: number;
  bytes: number;
  connects: number;
  refusedConnects: number;
  answers: number;
  /** Sockets that the server kept although it had to end them. */
  unclosed: number;
}

const report: AttackReport = {
  frames: 0,
  bytes: 0,
  connects: 0,
  refusedConnects: 0,
  answers: 0,
  unclosed: 0,
};

async function attack(index: number, frames: number, random: SimRandom): Promise<void> {
  let left = frames;
  while (left > 0 && !isOver()) {
    // deno-lint-ignore no-await-in-loop -- a new socket when the last was closed
    left -= await attackOnce(index, left, random);
    // deno-lint-ignore no-await-in-loop
    await wait(clock, RECONNECT_MS);
  }
}

/** Frames that left on one socket, until one of them or the server ends it. */
async function attackOnce(index: number, frames: number, random: SimRandom): Promise<number> {
  let isClosed = false;
  let sent = 0;
  try {
    const socket = await RawSocket.open({
      url: `${options.text("url")}/FUZZ-${index}`,
      protocol: protocols[index % protocols.length] ?? "ocpp1.6",
      onText: () => report.answers++,
      onClose: () => isClosed = true,
    });
    report.connects++;
    let isLast = false;
    while (sent < frames && !isClosed && !isLast && !isOver()) {
      if (socket.backlog < BACKLOG_BYTES_MAX) {
        const turn = sendSome(socket, frames - sent, random);
        sent += turn.sent;
        isLast = turn.isLast;
      }
      // deno-lint-ignore no-await-in-loop -- lets the socket write and tell that it was closed
      await wait(clock, socket.backlog < BACKLOG_BYTES_MAX ? 0 : 5);
    }
    const givesUpAtMs = clock.monotonic() + CLOSE_MS_MAX;
    // deno-lint-ignore no-await-in-loop -- polling
    while (isLast && !isClosed && clock.monotonic() < givesUpAtMs) await wait(clock, 5);
    if (isLast && !isClosed) report.unclosed++;
    if (!isClosed) socket.close();
  } catch {
    report.refusedConnects++;
  }
  return sent;
}

function sendSome(
  socket: RawSocket,
  framesMax: number,
  random: SimRandom,
): { readonly sent: number; readonly isLast: boolean } {
  let sent = 0;
  let isLast = false;
  while (sent < Math.min(FRAMES_PER_TURN, framesMax) && !isLast) {
    const { kind, bytes } = badFrame(random);
    socket.write(bytes);
    sent += framesIn(kind);
    report.bytes += bytes.length;
    isLast = closingKinds.has(kind);
  }
  report.frames += sent;
  return { sent, isLast };
}

const sockets = options.number("sockets") ?? 1;
const random = new SimRandom(options.number("seed") ?? 1);
const share = Math.ceil((options.number("frames") ?? 0) / sockets);
await Promise.all(
  Array.from({ length: sockets }, (_, index) => attack(index, share, random.fork())),
);
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
