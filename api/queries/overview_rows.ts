import type { Overview } from "#schemas/rest/observe.ts";
import type { Rows } from "../ports/rows.ts";

interface OverviewRow {
  readonly stations: number;
  readonly connected: number;
  readonly faulted: number;
  readonly openSessions: number;
  readonly charging: number;
  readonly powerW: number;
  readonly energyTodayWh: number;
  readonly openAlerts: number;
}

/** The numbers of the console's header, in one look. */
export async function overview(rows: Rows): Promise<Overview> {
  const [row] = await rows.all<OverviewRow>(`
    SELECT * FROM (
      SELECT count(*) AS stations, count(*) FILTER (WHERE connected) AS connected,
        count(*) FILTER (WHERE 'Faulted' = ANY(statuses)) AS faulted
      FROM stations
    ) a, (
      SELECT count(*) AS open_sessions, count(*) FILTER (WHERE s.state = 'Charging') AS charging,
        coalesce(sum(p.power_w), 0)::float8 AS power_w
      FROM sessions s LEFT JOIN session_progress p ON p.tenant = s.tenant AND p.session_id = s.id
      WHERE s.status = 'open'
    ) b, (
      SELECT coalesce(sum(greatest(s.energy_wh,
        CASE WHEN s.status = 'open' THEN p.energy_wh END)), 0)::float8 AS energy_today_wh
      FROM sessions s LEFT JOIN session_progress p ON p.tenant = s.tenant AND p.session_id = s.id
      WHERE s.started_at >= date_trunc('day', now())
    ) c, (
      SELECT count(*) AS open_alerts FROM alerts WHERE status <> 'resolved'
    ) d`);
  return {
    stations: row?.stations ?? 0,
    connected: row?.connected ?? 0,
    faulted: row?.faulted ?? 0,
    openSessions: row?.openSessions ?? 0,
    charging: row?.charging ?? 0,
    openAlerts: row?.openAlerts ?? 0,
    energyTodayWh: row?.energyTodayWh ?? 0,
    powerW: row?.powerW ?? 0,
  };
}
