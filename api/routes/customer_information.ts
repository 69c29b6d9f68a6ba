import { PlatformError } from "#schemas/errors.ts";
import { CustomerReport, CustomerReportParams } from "#schemas/rest/local_list.ts";
import { IdParams, ListQuery } from "#schemas/rest/shape.ts";
import { eraseCustomerReport, listCustomerReports } from "../queries/customer_report_rows.ts";
import { noContent } from "../reply.ts";
import { list, type Route, route } from "../route.ts";
import { requireStation } from "./sessions.ts";

const tag = "Tokens";

export const customerInformationRoutes: readonly Route[] = [
  list({
    path: "/stations/{id}/customer-information",
    summary: "What the station was asked of customers and has reported; kept for 30 days",
    tag,
    params: IdParams,
    query: ListQuery,
    item: CustomerReport,
    page: ({ platform, tenant, params: { id }, query }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, id);
        return await listCustomerReports(rows, id, query);
      }),
  }),
  route({
    method: "delete",
    path: "/stations/{id}/customer-information/{requestId}",
    summary: "Erases what the station has reported of a customer",
    tag,
    params: CustomerReportParams,
    answers: { 204: null },
    handler: async ({ platform, tenant, params: { id, requestId } }) => {
      const isErased = await platform.tenants.run(
        tenant,
        (rows) => eraseCustomerReport(rows, id, requestId),
      );
      if (isErased) return noContent;
      throw new PlatformError(
        "not-found",
        `Cannot erase report ${requestId}: the station has reported nothing by that number`,
      );
    },
  }),
];
