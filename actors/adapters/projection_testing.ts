/** The stage's journal as a follower reads it, projected into a real database: for tests. */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { kinds } from "#actors/kinds.ts";
import type { Stage } from "#actors/stage_testing.ts";
import { postgresStore } from "#engine/adapters/postgres_store.ts";
import { Batch } from "#engine/batch.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
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

/** Commits everything that happened on the stage so far as one batch, as a worker does. */
export async function commitStage(url: string, stage: Stage, shard: number): Promise<void> {
  const store = postgresStore({ url, owner: "test", clock: new SimClock() });
  const [owned] = await store.takeShards("test", [shard]);
  assert.ok(owned !== undefined);
  const { epoch, lastSeq } = owned;
  const cursor = { shard, epoch, committed: lastSeq, assigned: lastSeq, committedAt: 0 };
  const batch = new Batch(`batch after ${lastSeq}`);
  for (const change of stage.journal.slice(lastSeq)) batch.add(change, cursor);
  assert.deepEqual(await store.commit(batch.encode(), 0), { result: "committed" });
  await store.close();
}
