/** Meter values and the progress of sessions, derived from the journal: never before the answer. */
import type { ActorKind } from "#engine/actor.ts";
import type { JournalTransaction } from "#engine/adapters/postgres_journal.ts";
import type { JournalEntry } from "#engine/ports/journal.ts";
import { journalledEvent } from "#engine/work.ts";
import { parseAddress, stationOfKey } from "#schemas/address.ts";
import type { Sample } from "#schemas/events/station.ts";
import { noProgress, progressed } from "#actors/domain/progress.ts";

interface MeteredRow {
  readonly tenant: string;
  readonly stationId: string;
  readonly sessionId: string | null;
  readonly evseId: number | null;
  readonly connectorId: number | null;
  readonly shard: number;
  readonly seq: number;
  readonly samples: readonly Sample[];
}

/** Only rows that may hold samples. */
export const meteredTypes = [
  "MeterValues",
  "TransactionEvent.Started",
  "TransactionEvent.Updated",
  "TransactionEvent.Ended",
] as const;

/** Writes `meter_values` and `session_progress`, in the transaction that moves the cursor. */
export function meterValueProjection(
  kinds: readonly ActorKind[],
): (entries: readonly JournalEntry[], sql: JournalTransaction) => Promise<void> {
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]));
  return async (entries, sql) => {
    const rows = entries.map((entry) => meteredRow(byName, entry)).filter((row) =>
      row !== undefined && row.samples.length > 0
    ) as MeteredRow[];
    if (rows.length === 0) return;
    await insertValues(sql, rows);
    await updateProgress(sql, rows);
  };
}

function meteredRow(
  kinds: ReadonlyMap<string, ActorKind>,
  entry: JournalEntry,
): MeteredRow | undefined {
  const { kind, key, tenant } = parseAddress(entry.actor);
  // What a charger forwards stands in the session's row, too.
  if (kind !== "session" && !(kind === "charger" && entry.class === "S")) return undefined;
  const { header, body, inputs, actor, at, shard, seq } = entry;
  const event = journalledEvent(kinds, { actor, at, header: header ?? "{}", body, inputs }) as {
    readonly samples?: readonly Sample[];
    readonly evseId?: number | null;
    readonly connectorId?: number | null;
  };
  return {
    tenant,
    stationId: stationOfKey(key),
    sessionId: kind === "session" ? key : null,
    evseId: event.evseId ?? null,
    connectorId: event.connectorId ?? null,
    shard,
    seq,
    samples: event.samples ?? [],
  };
}

async function insertValues(sql: JournalTransaction, rows: readonly MeteredRow[]): Promise<void> {
  const values = rows.flatMap(({ samples, ...row }) =>
    samples.map(({ at, measurand, phase, context, location, value, unit }, ordinal) => (
      { ...row, ordinal, at, measurand, phase, context, location, value, unit }
    ))
  );
  await sql`
    INSERT INTO meter_values (tenant, station_id, evse_id, connector_id, session_id, at, measurand,
        phase, context, location, value, unit, shard, seq, ordinal)
      SELECT tenant, "stationId", "evseId", "connectorId", "sessionId", to_timestamp(at / 1000.0),
        measurand, phase, context, location, value, unit, shard, seq, ordinal
      FROM json_to_recordset(${JSON.stringify(values)}::text::json) AS v(tenant text,
        "stationId" text, "evseId" integer, "connectorId" integer, "sessionId" text,
        at double precision, measurand text, phase text, context text, location text,
        value double precision, unit text, shard integer, seq bigint, ordinal integer)`;
}

async function updateProgress(sql: JournalTransaction, rows: readonly MeteredRow[]): Promise<void> {
  const bySession = Map.groupBy(
    rows.filter(({ sessionId }) => sessionId !== null),
    ({ tenant, sessionId }) => `${tenant}\n${sessionId}`,
  );
  const progress = [...bySession.values()].map((ofSession) => ({
    tenant: ofSession[0]?.tenant,
    sessionId: ofSession[0]?.sessionId,
    ...progressed(noProgress, ofSession.flatMap(({ samples }) => samples)),
  }));
  if (progress.length === 0) return;
  await sql`
    INSERT INTO session_progress (tenant, session_id, at, energy_wh, power_w, current_a,
        soc_percent)
      SELECT p.tenant, p."sessionId", to_timestamp(p.at / 1000.0),
        greatest(p."registerWh" - s.meter_start_wh, 0), p."powerW", p."currentA", p."socPercent"
      FROM json_to_recordset(${JSON.stringify(progress)}::text::json) AS p(tenant text,
        "sessionId" text, at double precision, "registerWh" double precision,
        "powerW" double precision, "currentA" double precision, "socPercent" double precision)
      LEFT JOIN sessions s ON s.tenant = p.tenant AND s.id = p."sessionId"
      ON CONFLICT (tenant, session_id) DO UPDATE SET
        at = excluded.at,
        energy_wh = coalesce(excluded.energy_wh, session_progress.energy_wh),
        power_w = coalesce(excluded.power_w, session_progress.power_w),
        current_a = coalesce(excluded.current_a, session_progress.current_a),
        soc_percent = coalesce(excluded.soc_percent, session_progress.soc_percent)
        WHERE excluded.at >= session_progress.at`;
}
