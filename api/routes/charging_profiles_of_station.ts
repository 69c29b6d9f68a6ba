import { profileOf, toProfile2 } from "#schemas/charging_profile.ts";
import { PlatformError } from "#schemas/errors.ts";
import {
  StationProfile,
  StationProfileCreate,
  StationProfileParams,
  StationProfiles,
  StationProfilesQuery,
} from "#schemas/rest/charging_profile.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import { askedOnce } from "../asked_once.ts";
import { commandId, commandStation } from "../command_batches.ts";
import {
  findTemplate,
  noTemplate,
  type StationProfileFacts,
  stationProfileFacts,
} from "../queries/charging_profile_rows.ts";
import { created, noContent, ok } from "../reply.ts";
import { type Asked, type Route, route } from "../route.ts";
import { shownProfile, shownProfiles } from "../station_profiles.ts";

type Json = Readonly<Record<string, unknown>>;

const tag = "Charging profiles";
const all = { path: "/stations/{id}/charging-profiles", tag, params: IdParams } as const;
const one = {
  path: "/stations/{id}/charging-profiles/{profileId}",
  tag,
  params: StationProfileParams,
} as const;

export const stationProfileRoutes: readonly Route[] = [
  {
    ...route({
      ...all,
      method: "get",
      summary: "What the station is believed to hold, what it confirmed, and what that comes to",
      query: StationProfilesQuery,
      answers: { 200: StationProfiles },
      handler: async (incoming) => {
        const { platform, params: { id: stationId }, query } = incoming;
        const facts = await factsOf(incoming, stationId);
        return ok(shownProfiles(facts, { stationId, ...query, now: platform.clock.now() }));
      },
    }),
    // As CSV or NDJSON: the items alone.
    item: StationProfile,
  },
  route({
    ...all,
    method: "post",
    summary: "Sets a charging profile; its state tells later what the station said",
    body: StationProfileCreate,
    answers: { 201: StationProfile },
    handler: async (incoming) => {
      const { params: { id: stationId }, body: { evseId, sessionId = null } } = incoming;
      const chargingProfile = await chosenProfile(incoming, incoming.body);
      const body = { evseId, chargingProfile, ...(sessionId === null ? {} : { sessionId }) };
      const command = await askedOnce(
        incoming,
        commandId(incoming, stationId),
        () => commandStation(incoming, stationId, { kind: "set-charging-profile", body }),
      );
      const { id } = profileOf(chargingProfile, "/chargingProfile");
      const place = `/api/v1/stations/${encodeURIComponent(stationId)}/charging-profiles/${id}`;
      return created(place, {
        id,
        stationId,
        evseId,
        chargingProfile,
        state: "pending",
        reason: null,
        sessionId,
        commandId: command.id,
        setAt: command.createdAt,
      });
    },
  }),
  route({
    ...one,
    method: "get",
    summary: "One charging profile of a station, and what the station said to it",
    answers: { 200: StationProfile },
    handler: async (incoming) => ok(await knownProfile(incoming)),
  }),
  route({
    ...one,
    method: "delete",
    summary: "Asks the station to remove the profile; it is shown until the station has",
    answers: { 204: null },
    handler: async (incoming) => {
      const { params: { id, profileId } } = incoming;
      await knownProfile(incoming);
      await commandStation(incoming, id, {
        kind: "clear-charging-profile",
        body: { chargingProfileId: profileId },
      });
      return noContent;
    },
  }),
];

async function factsOf(
  { platform, tenant }: Pick<Asked, "platform" | "tenant">,
  stationId: string,
): Promise<StationProfileFacts> {
  const facts = await platform.tenants.run(tenant, (rows) => stationProfileFacts(rows, stationId));
  if (facts !== undefined) return facts;
  throw new PlatformError("not-found", `Cannot find station ${stationId}: it does not exist`);
}

async function knownProfile(
  incoming: Pick<Asked, "platform" | "tenant"> & { readonly params: StationProfileParams },
): Promise<StationProfile> {
  const { platform, params: { id: stationId, profileId } } = incoming;
  const facts = await factsOf(incoming, stationId);
  const found = shownProfile(facts, { stationId, profileId, now: platform.clock.now() });
  if (found !== undefined) return found;
  throw new PlatformError(
    "not-found",
    `Cannot find charging profile ${profileId} of station ${stationId}: it was not set`,
  );
}

/** @throws {PlatformError} "malformed" unless exactly one of template and profile is named. */
async function chosenProfile(
  { platform, tenant }: Pick<Asked, "platform" | "tenant">,
  { chargingProfileId, chargingProfile }: StationProfileCreate,
): Promise<Json> {
  if ((chargingProfileId === undefined) === (chargingProfile === undefined)) {
    throw new PlatformError(
      "malformed",
      "Cannot set a charging profile: give chargingProfileId or chargingProfile",
    );
  }
  if (chargingProfile !== undefined) {
    profileOf(chargingProfile, "/chargingProfile");
    return toProfile2(chargingProfile);
  }
  const id = chargingProfileId ?? 0;
  const template = await platform.tenants.run(tenant, (rows) => findTemplate(rows, id));
  if (template === undefined) throw noTemplate(id);
  return template.chargingProfile;
}
