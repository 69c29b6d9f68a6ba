import { IdParams } from "#schemas/rest/shape.ts";
import { StationLog } from "#schemas/rest/upkeep.ts";
import { listLogs } from "../queries/upkeep_rows.ts";
import { list, type Route } from "../route.ts";
import { requireStation } from "./sessions.ts";

/** A log is asked for by the command `get-log`, or by any raw call of the same meaning. */
export const diagnosticsRoutes: readonly Route[] = [
  list({
    path: "/stations/{id}/logs",
    summary: "Logs that the station was asked for, and how far each has come",
    tag: "Diagnostics",
    params: IdParams,
    item: StationLog,
    page: ({ platform, tenant, params: { id }, query }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, id);
        return await listLogs(rows, id, query);
      }),
  }),
];
