import type { StaleClosed as StaleReply, StationDescription } from "#schemas/events/charger.ts";
import type { StationRegistered } from "#schemas/events/charger.ts";
import { PlatformError } from "#schemas/errors.ts";
import { StaleClosed } from "#schemas/rest/session.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import {
  Station,
  StationCreate,
  StationPatch,
  StationQuery,
  StationReplace,
} from "#schemas/rest/station.ts";
import { askActor, chargerAddress } from "../ask.ts";
import { listStations } from "../queries/station_rows.ts";
import { created, noContent, ok } from "../reply.ts";
import { list, type Route, route } from "../route.ts";
import { requireLocation, stationRegister } from "../station_settings.ts";

const tag = "Stations";
const one = { path: "/stations/{id}", tag, params: IdParams } as const;

export const stationRoutes: readonly Route[] = [
  list({
    path: "/stations",
    summary: "Stations, by text, tag, status, place and distance",
    tag,
    query: StationQuery,
    item: Station,
    page: ({ platform, tenant, query }) =>
      platform.tenants.run(tenant, (rows) => listStations(rows, query)),
  }),
  route({
    method: "post",
    path: "/stations",
    summary: "A new station",
    tag,
    body: StationCreate,
    answers: { 201: Station },
    handler: async (incoming) => {
      const { platform, tenant, body } = incoming;
      const place = await requireLocation(platform, tenant, body.locationId);
      const registered = await askActor<StationRegistered>(
        incoming,
        chargerAddress(tenant, body.id),
        { type: "station.register", body: await stationRegister(platform, body, place) },
      );
      return created(pathOf(body.id), registered.station);
    },
  }),
  route({
    ...one,
    method: "get",
    summary: "One station as it is now",
    answers: { 200: Station },
    handler: async (incoming) => {
      const to = chargerAddress(incoming.tenant, incoming.params.id);
      return ok(await askActor<StationDescription>(incoming, to, { type: "station.describe" }));
    },
  }),
  route({
    ...one,
    method: "put",
    summary: "Creates or replaces a station's settings; a password that is not named stays",
    body: StationReplace,
    answers: { 200: Station, 201: Station },
    handler: async (incoming) => {
      const { platform, tenant, params: { id }, body } = incoming;
      requireSameId(id, body.id);
      const place = await requireLocation(platform, tenant, body.locationId);
      const registered = await askActor<StationRegistered>(incoming, chargerAddress(tenant, id), {
        type: "station.import",
        body: await stationRegister(platform, body, place),
      });
      return registered.created ? created(pathOf(id), registered.station) : ok(registered.station);
    },
  }),
  route({
    ...one,
    method: "patch",
    summary: "Changes parts of a station (merge patch)",
    body: StationPatch,
    answers: { 200: Station },
    handler: async (incoming) => {
      const { platform, tenant, params: { id }, body } = incoming;
      const place = await requireLocation(platform, tenant, body.locationId);
      const { station } = await askActor<StationRegistered>(incoming, chargerAddress(tenant, id), {
        type: "station.change",
        body: await stationRegister(platform, body, place),
      });
      return ok(station);
    },
  }),
  route({
    ...one,
    method: "delete",
    summary: "Removes a station and closes its connection; its sessions stay",
    answers: { 204: null },
    handler: async (incoming) => {
      const to = chargerAddress(incoming.tenant, incoming.params.id);
      await askActor(incoming, to, { type: "station.remove" });
      return noContent;
    },
  }),
  route({
    method: "post",
    path: "/stations/{id}/close-stale",
    summary: "Closes every open session of the station with stopReason Stale",
    tag,
    params: IdParams,
    answers: { 200: StaleClosed },
    handler: async (incoming) => {
      const to = chargerAddress(incoming.tenant, incoming.params.id);
      return ok(await askActor<StaleReply>(incoming, to, { type: "session.close-stale" }));
    },
  }),
];

function requireSameId(id: string, inBody: string | undefined): void {
  if (inBody === undefined || inBody === id) return;
  throw new PlatformError("malformed", "Cannot replace the station: the body names another id", {
    fields: [{ pointer: "/id", detail: "must be the id of the path" }],
  });
}

function pathOf(id: string): string {
  return `/api/v1/stations/${encodeURIComponent(id)}`;
}
