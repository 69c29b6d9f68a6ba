/** The stage's journal as a follower reads it, projected into a real database: for tests. */
import type { Sql } from "postgres";
import { kinds } from "#actors/kinds.ts";
import type { Stage } from "#actors/stage_testing.ts";
import type { JournalEntry } from "#engine/ports/journal.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { meteredTypes, meterValueProjection } from "./meter_value_projection.ts";
import { postgresMeterStore } from "./postgres_meter_store.ts";

/** What a follower of meter values reads of the stage's journal, as it would stand in the table. */
export function entriesOf(stage: Stage, shard: number): readonly JournalEntry[] {
  return stage.journal.map((change, index): JournalEntry => ({
    shard,
    seq: index + 1,
    tenant: change.slot.address.tenant,
    actor: change.slot.text,
    class: change.class,
    at: change.at,
    type: change.type,
    header: change.headerText,
    body: change.bodyText,
    inputs: change.inputsText,
    reply: null,
    effects: change.note === undefined
      ? null
      : JSON.stringify([{ type: "note", value: change.note }]),
    facts: null,
  })).filter(({ type }) => meteredTypes.some((metered) => metered === type));
}

/** One pass of the follower. */
export async function project(
  sql: Sql,
  entries: readonly JournalEntry[],
  telemetry: Telemetry,
): Promise<void> {
  const take = meterValueProjection(kinds, postgresMeterStore(telemetry));
  await sql.begin(async (transaction) => await take(entries, transaction));
}

/** The read models as the stage has them now, as `commit_batch` writes them. */
export async function storeViews(sql: Sql, stage: Stage): Promise<void> {
  const tables: Record<string, object[]> = {};
  for (const [path, row] of stage.rows) {
    const [table = "", ...id] = path.split("/");
    (tables[table] ??= []).push({ tenant: "default", id: id.join("/"), ...row });
  }
  await sql`SELECT apply_views(${JSON.stringify(tables)}::text::json)`;
}
