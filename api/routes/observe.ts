/** What happened and what is wrong: OCPP log, alerts, overview, events. */
import { Type } from "@sinclair/typebox";
import type { AlertDescription } from "#schemas/events/charger.ts";
import { PlatformError } from "#schemas/errors.ts";
import {
  Alert,
  AlertQuery,
  EventQuery,
  MessageQuery,
  OcppMessage,
  Overview,
} from "#schemas/rest/observe.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import { askActor, chargerAddress, stationOfPart } from "../ask.ts";
import { findAlert, listAlerts } from "../queries/alert_rows.ts";
import { listMessages } from "../queries/message_rows.ts";
import { overview } from "../queries/overview_rows.ts";
import { ok, type Reply } from "../reply.ts";
import { type Asked, list, type Route, route } from "../route.ts";
import { requireStation } from "./sessions.ts";

const oneAlert = { path: "/alerts/{id}", tag: "Alerts", params: IdParams } as const;

export const observeRoutes: readonly Route[] = [
  list({
    path: "/stations/{id}/messages",
    summary: "The OCPP log of a station, both directions",
    tag: "Stations",
    params: IdParams,
    query: MessageQuery,
    item: OcppMessage,
    page: ({ platform, tenant, params: { id }, query }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, id);
        return await listMessages(rows, { tenant, stationId: id }, query);
      }),
  }),
  list({
    path: "/alerts",
    summary: "What needs a look, by status, kind and station",
    tag: "Alerts",
    query: AlertQuery,
    item: Alert,
    page: ({ platform, tenant, query }) =>
      platform.tenants.run(tenant, (rows) => listAlerts(rows, query)),
  }),
  route({
    ...oneAlert,
    method: "get",
    summary: "One alert",
    answers: { 200: Alert },
    handler: async (incoming) => ok(await requireAlert(incoming, incoming.params.id)),
  }),
  route({
    ...oneAlert,
    method: "post",
    path: "/alerts/{id}/acknowledge",
    summary: "Somebody looks after it",
    answers: { 200: Alert },
    handler: (incoming) => settled(incoming, incoming.params.id, "alert.acknowledge"),
  }),
  route({
    ...oneAlert,
    method: "post",
    path: "/alerts/{id}/resolve",
    summary: "It is over",
    answers: { 200: Alert },
    handler: (incoming) => settled(incoming, incoming.params.id, "alert.resolve"),
  }),
  route({
    method: "get",
    path: "/overview",
    summary: "The network in eight numbers",
    tag: "Overview",
    answers: { 200: Overview },
    handler: async ({ platform, tenant }) => ok(await platform.tenants.run(tenant, overview)),
  }),
  route({
    method: "get",
    path: "/events",
    summary: "What happens, as server-sent events; resumes by Last-Event-ID",
    tag: "Events",
    query: EventQuery,
    answers: { 200: Type.String() },
    gives: "text/event-stream",
    handler: ({ platform, tenant, query, method, header }) => {
      // A HEAD would leave a stream behind that nobody reads.
      if (method === "HEAD") {
        return { status: 200, headers: { "content-type": "text/event-stream" } };
      }
      const kinds = (query.kind ?? "").split(",").map((kind) => kind.trim())
        .filter((kind) => kind !== "").map(kindOfFact);
      const filter = { tenant, kinds, station: query.station };
      return platform.events.open(filter, header("last-event-id"));
    },
  }),
];

/** In REST paths a charger is a station: both words find its facts. */
function kindOfFact(kind: string): string {
  return kind.replace(/^station(?=$|\.)/, "charger");
}

async function requireAlert({ platform, tenant }: Asked, id: string): Promise<Alert> {
  const found = await platform.tenants.run(tenant, (rows) => findAlert(rows, id));
  if (found !== undefined) return found;
  throw new PlatformError("not-found", `Cannot find alert ${id}: it does not exist`);
}

/** Alerts live in the actor of their station. */
async function settled(
  asked: Asked,
  id: string,
  type: "alert.acknowledge" | "alert.resolve",
): Promise<Reply> {
  await requireAlert(asked, id);
  const to = chargerAddress(asked.tenant, stationOfPart(id));
  const { stationId, sessionId, ...alert } = await askActor<AlertDescription>(asked, to, {
    type,
    body: { alertId: id },
  });
  return ok({ ...alert, stationId, ...(sessionId === null ? {} : { sessionId }) });
}
