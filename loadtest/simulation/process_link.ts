import { PlatformError } from "#schemas/errors.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { SimRandom } from "#engine/sim/sim_random.ts";
import type { SimProcess } from "./sim_process.ts";

/** What may become of a call to a server. Chances in [0, 1]. */
export interface LinkFaults {
  /** Turned away: nothing was done, and the caller hears of it at once. */
  readonly refused: number;
  /** Lost before it arrived: nothing was done, the caller waits in vain. */
  readonly lostBefore: number;
  /** Done, and the answer lost: the caller waits in vain. */
  readonly lostAfter: number;
  /** On its way for up to `LATE_MS_MAX`: it may be done after the caller gave up. */
  readonly late: number;
}

export const soundLink: LinkFaults = { refused: 0, lostBefore: 0, lostAfter: 0, late: 0 };

export type CallFault = "refused" | "lostBefore" | "lostAfter" | "late" | "none";

/** Longer than any caller waits, shorter than a lease and a take-over together. */
const LATE_MS_MAX = 6_000;
const LATENCY_MS = 1;
const TURNED_AWAY = 0.5;

export interface LinkParts {
  readonly process: SimProcess;
  /** The world's clock: what is under way moves on when the process stands still. */
  readonly clock: Clock;
  readonly random: SimRandom;
  readonly faults: () => LinkFaults;
  /** Whether the server can be reached now. */
  readonly isReachable: () => boolean;
  /** After so long without an answer the caller gives up. */
  readonly silenceMs: number;
  /** Decides what becomes of the n-th call of the run, instead of chance. */
  readonly decide?: (() => CallFault | undefined) | undefined;
}

/** The way of one process to a server that answers: Postgres, the leases. */
export class ProcessLink {
  readonly #parts: LinkParts;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  /**
   * Does `run` at the server and gives its outcome.
   *
   * @throws {PlatformError} "timed-out" or "unavailable" when no answer came; it may be done.
   */
  call<Result>(run: () => Promise<Result> | Result): Promise<Result> {
    const { process, clock, isReachable, silenceMs } = this.#parts;
    if (!process.mayLeave()) return new Promise(() => {});
    const fault = this.#draw();
    return new Promise<Result>((resolve, reject) => {
      const cancel = clock.schedule(
        silenceMs,
        () =>
          process.enter(() => reject(new PlatformError("timed-out", "Cannot go on: no answer"))),
      );
      const answer = (settle: () => void): void => {
        if (fault === "lostAfter") return;
        clock.schedule(LATENCY_MS, () => {
          cancel();
          process.enter(settle);
        });
      };
      if (fault === "refused") {
        return answer(() => reject(turnedAway()));
      }
      if (fault === "lostBefore") return;
      clock.schedule(this.#wayMs(fault), () => {
        if (!isReachable()) {
          // A host that is gone says nothing, a server that is down turns away.
          const isTurnedAway = this.#parts.random.chance(TURNED_AWAY);
          return isTurnedAway ? answer(() => reject(turnedAway())) : undefined;
        }
        // What the server itself does is one moment: no other call comes between.
        Promise.resolve().then(run).then(
          (result) => answer(() => resolve(result)),
          (error) => answer(() => reject(error)),
        );
      });
    });
  }

  #wayMs(fault: CallFault): number {
    const { random } = this.#parts;
    return fault === "late" ? random.fraction() * LATE_MS_MAX : LATENCY_MS;
  }

  #draw(): CallFault {
    const decided = this.#parts.decide?.();
    if (decided !== undefined) return decided;
    const { refused, lostBefore, lostAfter, late } = this.#parts.faults();
    let drawn = this.#parts.random.fraction();
    if ((drawn -= refused) < 0) return "refused";
    if ((drawn -= lostBefore) < 0) return "lostBefore";
    if ((drawn -= lostAfter) < 0) return "lostAfter";
    return (drawn -= late) < 0 ? "late" : "none";
  }
}

function turnedAway(): PlatformError {
  return new PlatformError("unavailable", "Cannot connect: refused");
}
