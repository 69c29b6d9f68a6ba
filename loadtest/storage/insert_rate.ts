/** How fast meter values come in by the platform's own way: rows of the journal, one pass each. */
import type { Sql } from "postgres";
import { meterValueProjection } from "#actors/adapters/meter_value_projection.ts";
import { postgresMeterStore } from "#actors/adapters/postgres_meter_store.ts";
import { kinds } from "#actors/kinds.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import type { JournalEntry } from "#engine/ports/journal.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { median } from "../load/latencies.ts";
import { VALUES_PER_MESSAGE } from "./fill.ts";

/** As many as a follower takes at most. */
const PASS_ROWS = 1_000;
/** Passes of one database before it is the other one's turn. */
const TURN_PASSES = 4;

export interface InsertRates {
  /** Values per second, median of the turns. */
  readonly small: number;
  readonly large: number;
  /** Large to small, median of the pairs of neighbouring turns. */
  readonly ratio: number;
}

/** Turn by turn, so that what else the machine does hits both. */
export async function insertRates(small: Sql, large: Sql, turns: number): Promise<InsertRates> {
  const take = meterValueProjection(kinds, postgresMeterStore(silentTelemetry(systemClock())));
  await Promise.all([small, large].map((sql) => openSessions(sql)));
  const rates: { small: number[]; large: number[] } = { small: [], large: [] };
  let minute = 0;
  const turn = async (sql: Sql): Promise<number> => {
    const passes = Array.from({ length: TURN_PASSES }, (_, index) => pass(minute + index));
    const beganAtMs = performance.now();
    for (const entries of passes) {
      // deno-lint-ignore no-await-in-loop -- pass by pass, as a follower does.
      await sql.begin(async (transaction) => await take(entries, transaction));
    }
    const values = TURN_PASSES * PASS_ROWS * VALUES_PER_MESSAGE;
    return values * 1_000 / (performance.now() - beganAtMs);
  };
  // The first turns warm both up.
  for (let round = -2; round < turns; round++) {
    const order = round % 2 === 0 ? ["small", "large"] as const : ["large", "small"] as const;
    for (const name of order) {
      // deno-lint-ignore no-await-in-loop -- never both at once.
      const rate = await turn(name === "small" ? small : large);
      if (round >= 0) rates[name].push(rate);
    }
    minute += TURN_PASSES;
  }
  return {
    small: median(rates.small),
    large: median(rates.large),
    ratio: median(rates.large.map((rate, index) => rate / (rates.small[index] ?? 1))),
  };
}

/** One running session per station, started this morning. */
async function openSessions(sql: Sql): Promise<void> {
  await sql`INSERT INTO sessions (tenant, id, station_id, evse_id, connector_id, transaction_id,
      started_at, energy_wh, status, state, billable, created_at)
    SELECT 'default', 'L' || s || '~1', 'L' || s, 1, 1, '1', date_trunc('day', now(), 'UTC'), 0,
        'open', 'Charging', true, now()
      FROM generate_series(1, ${PASS_ROWS}::int) AS s`;
}

function pass(minute: number): readonly JournalEntry[] {
  const today = new Date(performance.timeOrigin + performance.now()).setUTCHours(0, 0, 0, 0);
  const at = today + (minute + 1) * 60_000;
  return Array.from({ length: PASS_ROWS }, (_, index) => entry(index + 1, minute, at));
}

function entry(station: number, minute: number, at: number): JournalEntry {
  const wh = (minute + 1) * 183;
  const header = {
    ...{ via: "charger", type: "ocpp.call", cause: `L${station}/7.1/${minute}` },
    ...{ protocol: "ocpp1.6", action: "MeterValues", messageId: String(minute), epoch: "7.1" },
  };
  const sampledValue = [
    { value: String(wh), measurand: "Energy.Active.Import.Register", unit: "Wh" },
    { value: "11040", measurand: "Power.Active.Import", unit: "W" },
    { value: "16.0", measurand: "Current.Import", phase: "L1", unit: "A" },
    { value: "230.1", measurand: "Voltage", phase: "L1", unit: "V" },
  ];
  const meterValue = [{ timestamp: new Date(at).toISOString(), sampledValue }];
  return {
    ...{ shard: station % 256, seq: minute * PASS_ROWS + station, tenant: "default" },
    actor: `default:session/L${station}~1`,
    ...{ class: "S", at, type: "MeterValues", header: JSON.stringify(header) },
    body: JSON.stringify({ connectorId: 1, transactionId: 1, meterValue }),
    ...{ inputs: null, reply: null, facts: null },
    effects: `[{"type":"note","value":[${wh},11040]}]`,
  };
}
