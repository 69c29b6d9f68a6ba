import type { Sql } from "postgres";
import type { ActorOperationParts, JournalTail } from "#engine/operations/actor_operations.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { JournalRow } from "#engine/ports/store.ts";
import { inTime } from "#engine/in_time.ts";
import { type Address, parseAddress } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import { sessionJournal } from "./session_archive.ts";

const WAIT_MS = 10_000;

export interface ArchivedJournalParts extends Pick<ActorOperationParts, "store" | "tail"> {
  readonly sql: Sql;
  readonly clock: Clock;
}

/**
 * The journal for those who operate: an archived session's comes from its archive, and of an actor
 * whose first days were dropped nobody is told that it began in between.
 */
export function withArchive(
  { store, tail, sql, clock }: ArchivedJournalParts,
): Pick<ActorOperationParts, "store" | "tail"> {
  const ask = <Value>(query: PromiseLike<Value>): Promise<Value> => inTime(clock, WAIT_MS, query);
  const archivedRows = async (address: Address): Promise<number> => {
    if (address.kind !== "session") return 0;
    const [row] = await ask(sql<{ rows: string }[]>`
      SELECT coalesce(sum(row_count), 0) AS rows FROM session_archive
        WHERE tenant = ${address.tenant} AND session_id = ${address.key}`);
    return Number(row?.rows);
  };
  const wholeSession = (address: Address): Promise<readonly JournalRow[]> =>
    ask(sessionJournal(sql, { tenant: address.tenant, id: address.key }));
  const joined: JournalTail = {
    last: async (actor, rows) => {
      const address = parseAddress(actor);
      const newest = await tail.last(actor, rows);
      if (newest.length >= rows || await archivedRows(address) === 0) return newest;
      return (await wholeSession(address)).slice(-rows);
    },
    count: async (actor, max) => {
      const address = parseAddress(actor);
      const archived = await archivedRows(address);
      if (archived === 0) return await tail.count(actor, max);
      return Math.min(max, archived > max ? max : (await wholeSession(address)).length);
    },
  };
  return {
    tail: joined,
    store: {
      load: (actors) => store.load(actors),
      journalOf: async (actor) => {
        const address = parseAddress(actor);
        if (await archivedRows(address) > 0) return await wholeSession(address);
        await ask(requireBeginning(sql, actor, address));
        return await store.journalOf(actor);
      },
    },
  };
}

/** @throws {PlatformError} "unsupported" when days of this actor's journal have been dropped. */
async function requireBeginning(
  sql: Sql,
  actor: string,
  { tenant, kind, key }: Address,
): Promise<void> {
  if (kind === "session") return;
  const [row] = await sql<{ before: string }[]>`
    SELECT dropped_before::text AS before FROM partitioned_tables
      WHERE name = 'journal' AND dropped_before IS NOT NULL
        AND NOT EXISTS (SELECT FROM stations WHERE ${kind} = 'charger' AND tenant = ${tenant}
          AND replace(replace(id, '%', '%25'), '~', '%7E') = ${key}
          AND created_at >= dropped_before::timestamp AT TIME ZONE 'UTC')`;
  if (row === undefined) return;
  throw new PlatformError(
    "unsupported",
    `Cannot replay ${actor}: its journal from before ${row.before} was dropped`,
  );
}
