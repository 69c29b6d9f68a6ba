import { IdParams } from "#schemas/rest/shape.ts";
import {
  NetworkProfile,
  PasswordChange,
  PasswordChanged,
  SecurityEvent,
  SecurityEventQuery,
} from "#schemas/rest/upkeep.ts";
import { askedOnce } from "../asked_once.ts";
import { commandId, commandStation } from "../command_batches.ts";
import { listNetworkProfiles, listSecurityEvents } from "../queries/upkeep_rows.ts";
import { accepted } from "../reply.ts";
import { list, type Route, route } from "../route.ts";
import { requireStation } from "./sessions.ts";

const tag = "Security";

export const securityRoutes: readonly Route[] = [
  list({
    path: "/stations/{id}/security-events",
    summary: "Security events that the station reported",
    tag,
    params: IdParams,
    query: SecurityEventQuery,
    item: SecurityEvent,
    page: ({ platform, tenant, params: { id }, query }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, id);
        return await listSecurityEvents(rows, id, query);
      }),
  }),
  route({
    method: "post",
    path: "/stations/{id}/password",
    summary: "Sets the password on the station itself; it is good when the station has accepted",
    tag,
    params: IdParams,
    body: PasswordChange,
    answers: { 202: PasswordChanged },
    handler: async (incoming) => {
      const { platform, tenant, params: { id }, body } = incoming;
      const given = body.password ?? undefined;
      const purpose = `${tenant}\n${id}\n${incoming.id(`password ${id}`)}`;
      const password = given ?? platform.drawPassword(purpose);
      const command = await askedOnce(
        incoming,
        commandId(incoming, id),
        () => commandStation(incoming, id, { kind: "set-password", body: { password } }),
      );
      const shown = { commandId: command.id, status: command.status };
      const reply = accepted(`/api/v1/commands/${command.id}`, {
        ...shown,
        ...(given === undefined ? { password } : {}),
      });
      return { ...reply, keptBody: shown };
    },
  }),
  list({
    path: "/stations/{id}/network-profiles",
    summary: "How the station was told to connect, by slot; all on one page",
    tag,
    params: IdParams,
    item: NetworkProfile,
    page: ({ platform, tenant, params: { id } }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, id);
        return { items: await listNetworkProfiles(rows, id), nextCursor: null };
      }),
  }),
];
