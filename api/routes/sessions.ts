import type { SessionAnnotate, SessionDescription } from "#schemas/events/charger.ts";
import { PlatformError } from "#schemas/errors.ts";
import {
  MeterValue,
  MeterValueQuery,
  Session,
  SessionPatch,
  SessionQuery,
  TimelineItem,
} from "#schemas/rest/session.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import { askActor, sessionAddress } from "../ask.ts";
import type { Rows } from "../ports/rows.ts";
import { findSession, listMeterValues, listSessions } from "../queries/session_rows.ts";
import { stationExists } from "../queries/station_rows.ts";
import { listTimeline } from "../queries/timeline_rows.ts";
import { ok } from "../reply.ts";
import { list, type Route, route } from "../route.ts";

const tag = "Sessions";

export const sessionRoutes: readonly Route[] = [
  list({
    path: "/sessions",
    summary: "Charging sessions, by station, token, status and start",
    tag,
    query: SessionQuery,
    item: Session,
    page: ({ platform, tenant, query }) =>
      platform.tenants.run(tenant, (rows) => listSessions(rows, query)),
  }),
  route({
    method: "get",
    path: "/sessions/{id}",
    summary: "One session",
    tag,
    params: IdParams,
    answers: { 200: Session },
    handler: async ({ platform, tenant, params: { id } }) =>
      ok(await platform.tenants.run(tenant, (rows) => requireSession(rows, id))),
  }),
  route({
    method: "patch",
    path: "/sessions/{id}",
    summary: "Annotates a session, or says that it is not billed and why",
    tag,
    params: IdParams,
    body: SessionPatch,
    answers: { 200: Session },
    handler: async (incoming) => {
      const { platform, tenant, params: { id }, body } = incoming;
      if (body.billable === false && body.reason === undefined) {
        throw new PlatformError("malformed", "Cannot exempt the session: the reason is missing", {
          fields: [{ pointer: "/reason", detail: "is needed when billable is false" }],
        });
      }
      await platform.tenants.run(tenant, (rows) => requireSession(rows, id));
      const change: SessionAnnotate = body;
      await askActor<SessionDescription>(incoming, sessionAddress(tenant, id), {
        type: "session.annotate",
        body: change,
      });
      return ok(await platform.tenants.run(tenant, (rows) => requireSession(rows, id)));
    },
  }),
  list({
    path: "/sessions/{id}/meter-values",
    summary: "Meter values of a session in normalised units",
    tag,
    params: IdParams,
    query: MeterValueQuery,
    item: MeterValue,
    page: ({ platform, tenant, params: { id }, query }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireSession(rows, id);
        return await listMeterValues(rows, { sessionId: id }, query);
      }),
  }),
  list({
    path: "/sessions/{id}/timeline",
    summary: "What happened in a session: its journal, readable",
    tag,
    params: IdParams,
    item: TimelineItem,
    page: ({ platform, tenant, params: { id }, query }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireSession(rows, id);
        return await listTimeline(rows, { tenant, sessionId: id }, query);
      }),
  }),
  list({
    path: "/stations/{id}/meter-values",
    summary: "Meter values of a station, in and out of sessions",
    tag: "Stations",
    params: IdParams,
    query: MeterValueQuery,
    item: MeterValue,
    page: ({ platform, tenant, params: { id }, query }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, id);
        return await listMeterValues(rows, { stationId: id }, query);
      }),
  }),
];

async function requireSession(rows: Rows, id: string): Promise<Session> {
  const found = await findSession(rows, id);
  if (found !== undefined) return found;
  throw new PlatformError("not-found", `Cannot find session ${id}: it does not exist`);
}

/** @throws {PlatformError} "not-found". */
export async function requireStation(rows: Rows, id: string): Promise<void> {
  if (await stationExists(rows, id)) return;
  throw new PlatformError("not-found", `Cannot find station ${id}: it does not exist`);
}
