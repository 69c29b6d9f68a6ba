import type { CommandStatus } from "#schemas/events/charger.ts";
import type { CustomerReport } from "#schemas/rest/local_list.ts";
import type { ListQuery } from "#schemas/rest/shape.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant } from "../shown_instant.ts";

interface ReportRow {
  readonly requestId: string;
  readonly stationId: string;
  readonly commandId: string | null;
  readonly request: Request | null;
  readonly status: CommandStatus | null;
  readonly response: { readonly status?: string } | null;
  readonly body: { readonly data: string; readonly receivedAt: string } | null;
  readonly createdAt: string;
}
type Request = Pick<
  CustomerReport,
  "report" | "clear" | "tokenUid" | "customerIdentifier" | "certificateHash"
>;

/** Commands and the reports that came; a report that a raw call asked for has no command. */
const reports = `(
  SELECT coalesce(c.request_id, i.key) AS request_id,
    coalesce(c.station_id, i.station_id) AS station_id, c.id AS command_id, c.request, c.status,
    c.response, i.body,
    coalesce(c.created_at, i.created_at) AS created_at
  FROM (
    SELECT id, station_id, request, status, response, created_at,
      calls->0->'payload'->>'requestId' AS request_id
    FROM commands WHERE kind = 'customer-information' AND station_id = $1
  ) c
  FULL JOIN (
    SELECT station_id, key, body, created_at FROM station_items
    WHERE block = 'customer-information' AND station_id = $1
  ) i ON i.key = c.request_id
) r`;

export function listCustomerReports(
  rows: Rows,
  stationId: string,
  query: ListQuery,
): Promise<Page<CustomerReport>> {
  const where = new Conditions().add("station_id = ?", stationId).add("request_id IS NOT NULL");
  return pageOf(rows, query, {
    select: "request_id, station_id, command_id, request, status, response, body, created_at",
    from: reports,
    where,
    order: [{ name: "created_at", type: "timestamptz" }, { name: "request_id", type: "text" }],
  }, toReport);
}

/** Erases what the station told; that it was asked stays. False when there was nothing. */
export async function eraseCustomerReport(
  rows: Rows,
  stationId: string,
  requestId: number,
): Promise<boolean> {
  const erased = await rows.all(
    `DELETE FROM station_items WHERE station_id = $1 AND block = 'customer-information' AND key = $2
      RETURNING 1`,
    [stationId, String(requestId)],
  );
  return erased.length > 0;
}

function toReport(row: ReportRow): CustomerReport {
  const { request, response, body } = row;
  const { report = true, clear = false, ...about } = request ?? {};
  return {
    requestId: Number(row.requestId),
    stationId: row.stationId,
    commandId: row.commandId,
    report,
    clear,
    ...about,
    status: row.status ?? "accepted",
    answer: response?.status ?? null,
    data: body?.data ?? null,
    receivedAt: body?.receivedAt ?? null,
    createdAt: shownInstant(row.createdAt),
  };
}
