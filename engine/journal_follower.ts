import { HintedLoop } from "./hinted_loop.ts";
import type { Clock } from "./ports/clock.ts";
import type { JournalEntry, JournalFilter, JournalReader } from "./ports/journal.ts";
import type { Telemetry } from "./telemetry.ts";

/**
 * Late enough to gather many rows (a pass costs as much as some ten of them), early enough for
 * "visible within a second".
 */
const GATHER_MS_DEFAULT = 500;
/** A pass holds its rows in memory and its transaction open: about 1 MB, some 20 ms. */
const ROWS_MAX_DEFAULT = 1_000;

export interface FollowJournalOptions<Handle> {
  /** Of the cursors: what was read stays read when the follower comes back under its name. */
  readonly name: string;
  readonly reader: JournalReader<Handle>;
  /**
   * Takes rows in order of shard and seq. It runs within the transaction that moves the cursors:
   * what it writes by `handle` is written exactly once; a throw repeats the pass.
   */
  readonly onRows: (entries: readonly JournalEntry[], handle: Handle) => Promise<void>;
  readonly filter?: JournalFilter;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Shards that are this follower's; default all. Two that read one shard take turns. */
  readonly isOurs?: (shard: number) => boolean;
  readonly gatherMs?: number;
  readonly rowsMax?: number;
}

export interface JournalFollower {
  /** There are new rows in these shards. */
  hint(shards: Iterable<number>): void;
  /** Reads on until nothing is left. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** Derives something from the journal behind cursors of its own: a projection, exactly once. */
export function followJournal<Handle>(options: FollowJournalOptions<Handle>): JournalFollower {
  const { name, reader, onRows, clock, telemetry } = options;
  const filter = options.filter ?? {};
  const rowsMax = options.rowsMax ?? ROWS_MAX_DEFAULT;
  const rows = telemetry.counter(
    "statewatt_followed_rows_total",
    "Journal rows that followers took",
    ["follower"],
  ).with(name);
  const seconds = telemetry.histogram(
    "statewatt_follower_lag_seconds",
    "Age of the oldest row when its pass is done",
    undefined,
    ["follower"],
  ).with(name);
  return new HintedLoop({
    name: `follower ${name}`,
    clock,
    telemetry,
    gatherMs: options.gatherMs ?? GATHER_MS_DEFAULT,
    look: () => reader.behind(name),
    ...(options.isOurs === undefined ? {} : { isOurs: options.isOurs }),
    pass: async (shards, sinceAt) => {
      const done = await reader.advance({ name, shards, filter, rowsMax, sinceAt }, onRows);
      rows.add(done.entries.length);
      if (done.entries.length > 0) {
        const oldest = done.entries.reduce((at, entry) => Math.min(at, entry.at), Infinity);
        seconds.observe(Math.max(0, clock.now() - oldest) / 1_000);
      }
      return done.unfinished;
    },
  });
}
