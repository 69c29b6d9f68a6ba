import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Sql } from "postgres";
import { inTime } from "../in_time.ts";
import type { Clock } from "../ports/clock.ts";

export interface PostgresLook {
  readonly isReachable: boolean;
  readonly roundTripMs: number | null;
  /**
   * By how many ms our clock is ahead of Postgres' (negative: behind), at least: what the round
   * trip leaves open counts as right.
   */
  readonly clockOffMs: number | null;
  /** Whether the schema has everything that this code knows. */
  readonly isMigrated: boolean;
}

/** Whoever looks more often gets the same look. */
const GOOD_MS = 1_000;
const WAIT_MS = 2_000;
/** `Date.now()` counts whole ms. */
const TICK_MS = 1;

const migrations = fileURLToPath(new URL("../../schemas/sql/", import.meta.url));
const unreachable: PostgresLook = {
  isReachable: false,
  roundTripMs: null,
  clockOffMs: null,
  isMigrated: false,
};

/** How Postgres is seen from this process: one cheap question a second at most. */
export class PostgresProbe {
  readonly #sql: Sql;
  readonly #clock: Clock;
  #last: { readonly at: number; readonly look: Promise<PostgresLook> } | undefined;
  #isMigrated = false;

  constructor(sql: Sql, clock: Clock) {
    this.#sql = sql;
    this.#clock = clock;
  }

  /** Never rejects. */
  look(): Promise<PostgresLook> {
    const now = this.#clock.monotonic();
    if (this.#last === undefined || now - this.#last.at > GOOD_MS) {
      this.#last = { at: now, look: this.#lookNow().catch(() => unreachable) };
    }
    return this.#last.look;
  }

  async #lookNow(): Promise<PostgresLook> {
    const clock = this.#clock;
    // A connection that was idle has been closed: making one anew is not the round trip.
    await inTime(clock, WAIT_MS, this.#sql`SELECT 1`);
    const sentAt = clock.now();
    const startedAt = clock.monotonic();
    const [row] = await inTime(
      clock,
      WAIT_MS,
      this.#sql<{ at: string }[]>`SELECT extract(epoch FROM clock_timestamp()) * 1000 AS at`,
    );
    const roundTripMs = clock.monotonic() - startedAt;
    const clockOffMs = clockOff({ sentAt, roundTripMs, theirs: Number(row?.at) });
    this.#isMigrated ||= await inTime(clock, WAIT_MS, this.#looksMigrated());
    return { isReachable: true, roundTripMs, clockOffMs, isMigrated: this.#isMigrated };
  }

  /** A newer schema is fine: versions run side by side during an upgrade. */
  async #looksMigrated(): Promise<boolean> {
    const own = (await readdir(migrations)).filter((name) => name.endsWith(".sql"));
    try {
      const rows = await this.#sql<{ name: string }[]>`SELECT name FROM migrations`;
      const done = new Set(rows.map(({ name }) => name));
      return own.every((name) => done.has(name));
    } catch (error) {
      // There is no such table before the first migration.
      if ((error as { readonly code?: string }).code === "42P01") return false;
      throw error;
    }
  }
}

/** Their instant lies between our sending and our receiving; only what is outside is off. */
export function clockOff(
  { sentAt, roundTripMs, theirs }: {
    readonly sentAt: number;
    readonly roundTripMs: number;
    readonly theirs: number;
  },
): number {
  const receivedAt = sentAt + roundTripMs + TICK_MS;
  if (theirs < sentAt) return sentAt - theirs;
  return theirs > receivedAt ? receivedAt - theirs : 0;
}
