import type { JournalTransaction } from "#engine/adapters/postgres_journal.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import type {
  BookedUntil,
  MeteredMessage,
  MeterStore,
  SessionProgress,
} from "../ports/meter_store.ts";
import { addShares, energyOf, quartersOf } from "./postgres_energy.ts";

/** Meter values and roll-ups in tables that are cut by time (schemas/sql/0021, 0022). */
export function postgresMeterStore(telemetry: Telemetry): MeterStore<JournalTransaction> {
  const refused = telemetry.counter(
    "statewatt_meter_messages_refused_total",
    "Messages whose values the database refuses",
  );
  const keep = async (
    messages: readonly MeteredMessage[],
    sql: JournalTransaction,
  ): Promise<void> => {
    try {
      await sql.savepoint(async (part) => await insertValues(part, messages));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (messages.length === 1) {
        refused.add();
        telemetry.log("warn", "meter values were refused", { error: String(error) });
        return;
      }
      // One message that the database cannot hold must not keep all others out.
      const half = Math.ceil(messages.length / 2);
      await keep(messages.slice(0, half), sql);
      await keep(messages.slice(half), sql);
    }
  };
  return { keep, keepProgress, energyOf, quartersOf, addShares };
}

/** SQLSTATE 22 and 23: the data is at fault, and will be again. */
function isRefusal(error: unknown): boolean {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  return typeof code === "string" && /^2[23]/.test(code);
}

async function insertValues(
  sql: JournalTransaction,
  messages: readonly MeteredMessage[],
): Promise<void> {
  const values = messages.flatMap(({ samples, energyWh: _energy, powerW: _power, ...message }) =>
    samples.map(({ at, measurand, phase, context, location, value, unit }, ordinal) => (
      { ...message, ordinal, at, measurand, phase, context, location, value, unit }
    ))
  );
  // An event of 2.x names its EVSE once (rule U4); the session knows it then.
  await sql`
    INSERT INTO meter_values (tenant, station_id, evse_id, connector_id, session_id, at, measurand,
        phase, context, location, value, unit, shard, seq, ordinal)
      SELECT v.tenant, v."stationId", coalesce(v."evseId", s.evse_id),
        coalesce(v."connectorId", s.connector_id), v."sessionId", to_timestamp(v.at / 1000.0),
        v.measurand, v.phase, v.context, v.location, v.value, v.unit, v.shard, v.seq, v.ordinal
      FROM json_to_recordset(${JSON.stringify(values)}::text::json) AS v(tenant text,
        "stationId" text, "evseId" integer, "connectorId" integer, "sessionId" text,
        at double precision, measurand text, phase text, context text, location text,
        value double precision, unit text, shard integer, seq bigint, ordinal integer)
      LEFT JOIN sessions s
        ON v."evseId" IS NULL AND s.tenant = v.tenant AND s.id = v."sessionId"`;
}

async function keepProgress(
  progress: readonly SessionProgress[],
  sql: JournalTransaction,
): Promise<readonly BookedUntil[]> {
  const rows = await sql`
    INSERT INTO session_progress (tenant, session_id, at, first_at, energy_wh, power_w, current_a,
        soc_percent, peak_w)
      SELECT p.tenant, p."sessionId", to_timestamp(p.at / 1000.0),
        to_timestamp(p."firstAt" / 1000.0), p."energyWh", p."powerW", p."currentA", p."socPercent",
        p."powerW"
      FROM json_to_recordset(${JSON.stringify(progress)}::text::json) AS p(tenant text,
        "sessionId" text, at double precision, "firstAt" double precision, "energyWh" bigint,
        "powerW" double precision, "currentA" double precision, "socPercent" double precision)
      ON CONFLICT (tenant, session_id) DO UPDATE SET
        at = greatest(excluded.at, session_progress.at),
        first_at = least(excluded.first_at, session_progress.first_at),
        before_at = session_progress.at, before_wh = session_progress.energy_wh,
        before_peak_w = session_progress.peak_w,
        peak_w = greatest(excluded.peak_w, session_progress.peak_w),
        energy_wh = coalesce(excluded.energy_wh, session_progress.energy_wh),
        power_w = CASE WHEN excluded.at >= session_progress.at
          THEN coalesce(excluded.power_w, session_progress.power_w)
          ELSE session_progress.power_w END,
        current_a = CASE WHEN excluded.at >= session_progress.at
          THEN coalesce(excluded.current_a, session_progress.current_a)
          ELSE session_progress.current_a END,
        soc_percent = CASE WHEN excluded.at >= session_progress.at
          THEN coalesce(excluded.soc_percent, session_progress.soc_percent)
          ELSE session_progress.soc_percent END
      RETURNING tenant, session_id, extract(epoch FROM booked_to)::float8 * 1000, booked_final`
    .values();
  // As arrays: at a thousand rows a pass, objects would cost half as much again.
  return rows.map(([tenant, sessionId, bookedTo, isFinal]) => ({
    tenant: String(tenant),
    sessionId: String(sessionId),
    bookedTo: bookedTo === null ? null : Number(bookedTo),
    isFinal: isFinal === true,
  }));
}
