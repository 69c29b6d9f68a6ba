import { IdParams } from "#schemas/rest/shape.ts";
import { DataTransferEvent, DataTransferQuery } from "#schemas/rest/upkeep.ts";
import { listDataTransfers } from "../queries/upkeep_rows.ts";
import { list, type Route } from "../route.ts";
import { requireStation } from "./sessions.ts";

export const dataTransferRoutes: readonly Route[] = [
  list({
    path: "/stations/{id}/data-transfers",
    summary: "What the station's vendor has it say beside the standard",
    tag: "Data transfer",
    params: IdParams,
    query: DataTransferQuery,
    item: DataTransferEvent,
    page: ({ platform, tenant, params: { id }, query }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, id);
        return await listDataTransfers(rows, id, query);
      }),
  }),
];
