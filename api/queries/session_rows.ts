import { energyCost } from "#actors/domain/energy_cost.ts";
import type { EnergyPrice } from "#schemas/rest/energy_price.ts";
import type { MeterValue, MeterValueQuery, Session, SessionQuery } from "#schemas/rest/session.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant, shownInstantOrNull } from "../shown_instant.ts";

interface SessionRow {
  readonly id: string;
  readonly stationId: string;
  readonly evseId: number | null;
  readonly connectorId: number | null;
  readonly tokenUid: string | null;
  readonly tokenType: string | null;
  readonly transactionId: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly meterStartWh: number | null;
  readonly meterStopWh: number | null;
  readonly energyWh: number;
  readonly stopReason: string | null;
  readonly price: EnergyPrice | null;
  readonly status: "open" | "closed";
  readonly state: string;
  readonly billable: boolean;
  readonly annotation: string | null;
  readonly flags: string[];
  readonly powerW: number | null;
  readonly currentA: number | null;
  readonly socPercent: number | null;
}

// The register only grows: of what the last transition and the last sample told, the larger is the
// newer.
const columns = `s.id, s.station_id, s.evse_id, s.connector_id, s.token_uid, s.token_type,
  s.transaction_id, s.started_at, s.ended_at, s.meter_start_wh, s.meter_stop_wh, s.stop_reason,
  s.price, s.status, s.state, s.billable, s.annotation, s.flags,
  CASE WHEN s.status = 'open' THEN greatest(s.energy_wh, p.energy_wh) ELSE s.energy_wh
    END AS energy_wh,
  CASE WHEN s.status = 'open' THEN p.power_w END AS power_w,
  CASE WHEN s.status = 'open' THEN p.current_a END AS current_a,
  p.soc_percent`;
const withProgress =
  "sessions s LEFT JOIN session_progress p ON p.tenant = s.tenant AND p.session_id = s.id";

export async function findSession(rows: Rows, id: string): Promise<Session | undefined> {
  const [row] = await rows.all<SessionRow>(
    `SELECT ${columns} FROM ${withProgress} WHERE s.id = $1`,
    [id],
  );
  return row === undefined ? undefined : toSession(row);
}

export function listSessions(rows: Rows, query: SessionQuery): Promise<Page<Session>> {
  const where = new Conditions()
    .addIf(query.station, "s.station_id = ?")
    .addIf(query.token?.toLowerCase(), "lower(s.token_uid) = ?")
    .addIf(query.status, "s.status = ?")
    .addIf(query.from, "s.started_at >= ?::text::timestamptz")
    .addIf(query.to, "s.started_at < ?::text::timestamptz");
  return pageOf(rows, query, {
    select: columns,
    from: withProgress,
    where,
    order: [{ name: "s.started_at", type: "timestamptz" }, { name: "s.id", type: "text" }],
  }, toSession);
}

interface MeterValueRow {
  readonly at: string;
  readonly measurand: string;
  readonly phase: string | null;
  readonly context: string;
  readonly location: string | null;
  readonly value: number;
  readonly unit: string;
  readonly evseId: number | null;
  readonly sessionId: string | null;
}

/** Whose meter values. */
export type MeterOwner = { readonly sessionId: string } | { readonly stationId: string };

export async function listMeterValues(
  rows: Rows,
  owner: MeterOwner,
  query: MeterValueQuery,
): Promise<Page<MeterValue>> {
  const where = new Conditions();
  if ("stationId" in owner) where.add("station_id = ?", owner.stationId);
  else {
    const span = await meterSpan(rows, owner.sessionId);
    if (span === undefined) return { items: [], nextCursor: null };
    // The index is by station and time; the partitions are by time.
    where.add("station_id = ?", span.stationId)
      .add("at >= ?::text::timestamptz", span.firstAt)
      .add("at <= ?::text::timestamptz", span.at)
      .add("session_id = ?", owner.sessionId);
  }
  where.addIf(query.measurand, "measurand = ?")
    .addIf(query.from, "at >= ?::text::timestamptz")
    .addIf(query.to, "at < ?::text::timestamptz");
  return await pageOf(rows, query, {
    select: "at, measurand, phase, context, location, value, unit, evse_id, session_id",
    from: "meter_values",
    where,
    order: [
      { name: "at", type: "timestamptz" },
      // All values of a station lie in one shard: its sequence and the place within the row decide.
      { name: "(seq * 10000 + ordinal)", type: "bigint" },
    ],
  }, (row: MeterValueRow) => toMeterValue(row, "stationId" in owner));
}

/** Of which time a session has meter values; undefined: it has none. */
async function meterSpan(
  rows: Rows,
  sessionId: string,
): Promise<{ stationId: string; firstAt: string; at: string } | undefined> {
  const [span] = await rows.all<{ stationId: string; firstAt: string; at: string }>(
    `SELECT s.station_id, p.first_at, p.at FROM sessions s
      JOIN session_progress p ON p.tenant = s.tenant AND p.session_id = s.id
      WHERE s.id = $1 AND p.first_at IS NOT NULL`,
    [sessionId],
  );
  return span;
}

function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    stationId: row.stationId,
    evseId: row.evseId,
    connectorId: row.connectorId,
    token: row.tokenUid === null ? null : { uid: row.tokenUid, type: row.tokenType ?? "" },
    transactionId: row.transactionId,
    startedAt: shownInstant(row.startedAt),
    endedAt: shownInstantOrNull(row.endedAt),
    meterStartWh: row.meterStartWh,
    meterStopWh: row.meterStopWh,
    energyWh: row.energyWh,
    stopReason: row.stopReason,
    cost: row.price === null ? null : energyCost(row.price, row.energyWh),
    status: row.status,
    state: row.state,
    billable: row.billable,
    annotation: row.annotation,
    flags: row.flags,
    ...(row.powerW === null ? {} : { powerW: row.powerW }),
    ...(row.currentA === null ? {} : { currentA: row.currentA }),
    ...(row.socPercent === null ? {} : { socPercent: row.socPercent }),
  };
}

function toMeterValue(row: MeterValueRow, ofStation: boolean): MeterValue {
  return {
    at: shownInstant(row.at),
    measurand: row.measurand,
    ...(row.phase === null ? {} : { phase: row.phase }),
    context: row.context,
    ...(row.location === null ? {} : { location: row.location }),
    value: row.value,
    unit: row.unit,
    ...(!ofStation || row.evseId === null ? {} : { evseId: row.evseId }),
    ...(!ofStation || row.sessionId === null ? {} : { sessionId: row.sessionId }),
  };
}
