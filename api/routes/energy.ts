import { EnergyPeriod, EnergyQuery } from "#schemas/rest/energy.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import { listEnergy } from "../queries/energy_rows.ts";
import { list, type Route } from "../route.ts";
import { requireStation } from "./sessions.ts";

export const energyRoutes: readonly Route[] = [
  list({
    path: "/stations/{id}/energy",
    summary: "Energy of a station by quarter of an hour, day or month",
    tag: "Stations",
    params: IdParams,
    query: EnergyQuery,
    item: EnergyPeriod,
    page: ({ platform, tenant, params: { id }, query }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, id);
        return await listEnergy(rows, id, query);
      }),
  }),
];
