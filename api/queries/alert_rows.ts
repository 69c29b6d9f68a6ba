import type { AlertKind } from "#schemas/events/charger.ts";
import type { Alert, AlertQuery } from "#schemas/rest/observe.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant, shownInstantOrNull } from "../shown_instant.ts";

interface AlertRow {
  readonly id: string;
  readonly kind: AlertKind;
  readonly stationId: string | null;
  readonly sessionId: string | null;
  readonly status: Alert["status"];
  readonly detail: string;
  readonly openedAt: string;
  readonly acknowledgedAt: string | null;
  readonly resolvedAt: string | null;
}

const columns =
  "id, kind, station_id, session_id, status, detail, opened_at, acknowledged_at, resolved_at";

export async function findAlert(rows: Rows, id: string): Promise<Alert | undefined> {
  const [row] = await rows.all<AlertRow>(`SELECT ${columns} FROM alerts WHERE id = $1`, [id]);
  return row === undefined ? undefined : toAlert(row);
}

export function listAlerts(rows: Rows, query: AlertQuery): Promise<Page<Alert>> {
  const where = new Conditions()
    .addIf(query.status, "status = ?")
    .addIf(query.kind, "kind = ?")
    .addIf(query.station, "station_id = ?");
  return pageOf(rows, query, {
    select: columns,
    from: "alerts",
    where,
    order: [{ name: "opened_at", type: "timestamptz" }, { name: "id", type: "text" }],
  }, toAlert);
}

function toAlert(row: AlertRow): Alert {
  return {
    id: row.id,
    kind: row.kind,
    ...(row.stationId === null ? {} : { stationId: row.stationId }),
    ...(row.sessionId === null ? {} : { sessionId: row.sessionId }),
    status: row.status,
    detail: row.detail,
    openedAt: shownInstant(row.openedAt),
    acknowledgedAt: shownInstantOrNull(row.acknowledgedAt),
    resolvedAt: shownInstantOrNull(row.resolvedAt),
  };
}
