import type { Sql } from "postgres";
import { inTime } from "../in_time.ts";
import type { JournalTail } from "../operations/actor_operations.ts";
import type { Clock } from "../ports/clock.ts";
import type { JournalRow } from "../ports/store.ts";

const WAIT_MS = 10_000;

/** The newest rows of an actor's journal, and how many there are: by the index (actor, seq). */
export function postgresJournalTail(sql: Sql, clock: Clock): JournalTail {
  return {
    last: async (actor, rows) => {
      const newest = await inTime(
        clock,
        WAIT_MS,
        sql<(Omit<JournalRow, "seq" | "at"> & { seq: string; at: string })[]>`
          SELECT seq, actor, class, extract(epoch FROM at) * 1000 AS at, type, revision, header,
              body, inputs, reply, effects
            FROM journal WHERE actor = ${actor} ORDER BY seq DESC LIMIT ${rows}`,
      );
      return newest.map((row) => ({ ...row, seq: Number(row.seq), at: Number(row.at) })).reverse();
    },
    count: async (actor, max) => {
      const [row] = await inTime(
        clock,
        WAIT_MS,
        sql<{ count: string }[]>`SELECT count(*) AS count FROM
          (SELECT FROM journal WHERE actor = ${actor} LIMIT ${max}) AS capped`,
      );
      return Number(row?.count);
    },
  };
}
