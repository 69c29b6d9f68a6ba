import { Monitor, StationEvent, StationEventQuery } from "#schemas/rest/device_model.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import { listEvents, listMonitors } from "../queries/variable_rows.ts";
import { list, type Route } from "../route.ts";
import { requireStation } from "./device_model.ts";

const tag = "Configuration";

export const monitoringRoutes: readonly Route[] = [
  list({
    path: "/stations/{id}/monitors",
    summary: "Monitors that the station has, as far as it has told; all on one page",
    tag,
    params: IdParams,
    item: Monitor,
    page: ({ platform, tenant, params: { id } }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, id);
        return { items: await listMonitors(rows, id), nextCursor: null };
      }),
  }),
  list({
    path: "/stations/{id}/events",
    summary: "What the station told of as it happened: events of monitors, security, …",
    tag,
    params: IdParams,
    query: StationEventQuery,
    item: StationEvent,
    page: ({ platform, tenant, params: { id }, query }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, id);
        return await listEvents(rows, id, query);
      }),
  }),
];
