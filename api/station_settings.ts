import type { StationRegister, StationSettings } from "#schemas/events/charger.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { StationPatch, StationReplace } from "#schemas/rest/station.ts";
import type { Platform } from "./platform.ts";
import { findLocation } from "./queries/location_rows.ts";

/** What the operator said about a station, for its actor; the password only as its record. */
export async function stationRegister(
  platform: Platform,
  body: StationReplace | StationPatch,
): Promise<StationRegister> {
  const { password } = body;
  const settings = settingsOf(body);
  if (password === undefined) return { settings };
  return {
    settings,
    password: password === null ? null : await platform.passwordRecord(password),
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
    authorisationRequired,
  } = body;
  return {
    ...(securityProfile === undefined ? {} : { securityProfile }),
    ...(locationId === undefined ? {} : { locationId }),
    ...(tags === undefined ? {} : { tags: tags ?? [] }),
    ...(quiet === undefined ? {} : { quiet }),
    ...(registration === undefined ? {} : { registration }),
    ...(heartbeatIntervalSeconds === undefined ? {} : { heartbeatIntervalSeconds }),
    ...(authorisationRequired === undefined ? {} : { authorisationRequired }),
  };
}

/** @throws {PlatformError} "conflict" when the location does not exist. */
export async function requireLocation(
  platform: Platform,
  tenant: string,
  locationId: string | null | undefined,
): Promise<void> {
  if (locationId === undefined || locationId === null) return;
  const found = await platform.tenants.run(tenant, (rows) => findLocation(rows, locationId));
  if (found !== undefined) return;
  throw new PlatformError(
    "conflict",
    `Cannot place the station: location ${locationId} does not exist`,
    { fields: [{ pointer: "/locationId", detail: "must be the id of a location" }] },
  );
}
