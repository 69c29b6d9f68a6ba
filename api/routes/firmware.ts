import { IdParams } from "#schemas/rest/shape.ts";
import { FirmwareJob } from "#schemas/rest/upkeep.ts";
import { listFirmware } from "../queries/upkeep_rows.ts";
import { list, type Route } from "../route.ts";
import { requireStation } from "./sessions.ts";

/** Firmware is updated by the command `update-firmware`, or by any raw call of that meaning. */
export const firmwareRoutes: readonly Route[] = [
  list({
    path: "/stations/{id}/firmware",
    summary: "Firmware that the station was to install or publish, and how far each has come",
    tag: "Firmware",
    params: IdParams,
    item: FirmwareJob,
    page: ({ platform, tenant, params: { id }, query }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, id);
        return await listFirmware(rows, id, query);
      }),
  }),
];
