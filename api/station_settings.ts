import type { StationRegister, StationSettings } from "#schemas/events/charger.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { StationPatch, StationReplace } from "#schemas/rest/station.ts";
import type { Location } from "#schemas/rest/location.ts";
import { askActor, type Asker, chargerAddress } from "./ask.ts";
import type { Platform } from "./platform.ts";
import { findLocation } from "./queries/location_rows.ts";
import { stationIds } from "./queries/station_rows.ts";

/** Stations of a location that are told at a time. */
const TOLD_AT_ONCE = 50;
/** No location has more stations; the bound keeps the query one. */
const STATIONS_MAX = 100_000;

/**
 * What the operator said about a station, for its actor; the password only as its record. `place`:
 * the location named, null = none from now on, undefined = as before.
 */
export async function stationRegister(
  platform: Platform,
  body: StationReplace | StationPatch,
  place: Location | null | undefined,
): Promise<StationRegister> {
  const { password } = body;
  const settings = { ...settingsOf(body), ...(place === undefined ? {} : ofPlace(place)) };
  if (password === undefined) return { settings };
  return {
    settings,
    password: password === null ? null : await platform.passwordRecord(password),
  };
}

/** What a station has of its location; of none = null. */
function ofPlace(
  place: Location | null,
): Pick<StationSettings, "isFreePlace" | "placePrice"> {
  return {
    isFreePlace: place?.authorisationRequired === false,
    placePrice: place?.energyPrice ?? null,
  };
}

function settingsOf(body: StationReplace | StationPatch): Partial<StationSettings> {
  const {
    securityProfile,
    locationId,
    tags,
    quiet,
    registration,
    heartbeatIntervalSeconds,
    bootRetrySeconds,
    authorisationRequired,
    energyPrice,
  } = body;
  return {
    ...(securityProfile === undefined ? {} : { securityProfile }),
    ...(locationId === undefined ? {} : { locationId }),
    ...(tags === undefined ? {} : { tags: tags ?? [] }),
    ...(quiet === undefined ? {} : { quiet }),
    ...(registration === undefined ? {} : { registration }),
    ...(heartbeatIntervalSeconds === undefined ? {} : { heartbeatIntervalSeconds }),
    ...(bootRetrySeconds === undefined ? {} : { bootRetrySeconds }),
    ...(authorisationRequired === undefined ? {} : { authorisationRequired }),
    ...(energyPrice === undefined ? {} : { energyPrice }),
  };
}

/** Tells each station of a location whether starts are free there, and the price. Repeatable. */
export async function tellPlace(asker: Asker, location: Location): Promise<void> {
  const { platform, tenant } = asker;
  const ids = await platform.tenants.run(
    tenant,
    (rows) => stationIds(rows, { locationId: location.id }, STATIONS_MAX),
  );
  for (let from = 0; from < ids.length; from += TOLD_AT_ONCE) {
    const some = ids.slice(from, from + TOLD_AT_ONCE);
    const body: StationRegister = { settings: ofPlace(location) };
    const told = some.map((id) =>
      askActor(asker, chargerAddress(tenant, id), { type: "station.change", body })
    );
    // deno-lint-ignore no-await-in-loop -- the next ones when these are done: a bound
    await Promise.all(told);
  }
}

/**
 * The location that a station is to be at: null = none, undefined = nothing was said.
 *
 * @throws {PlatformError} "conflict" when the location does not exist.
 */
export async function requireLocation(
  platform: Platform,
  tenant: string,
  locationId: string | null | undefined,
): Promise<Location | null | undefined> {
  if (locationId === undefined || locationId === null) return locationId;
  const found = await platform.tenants.run(tenant, (rows) => findLocation(rows, locationId));
  if (found !== undefined) return found;
  throw new PlatformError(
    "conflict",
    `Cannot place the station: location ${locationId} does not exist`,
    { fields: [{ pointer: "/locationId", detail: "must be the id of a location" }] },
  );
}
