import type { Registration } from "#schemas/events/charger.ts";
import type { SecurityProfile } from "#schemas/events/gateway.ts";
import type { Station, StationFilter, StationQuery } from "#schemas/rest/station.ts";
import { Conditions, containing } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant, shownInstantOrNull } from "../shown_instant.ts";

interface StationRow {
  readonly id: string;
  readonly locationId: string | null;
  readonly tags: string[];
  readonly securityProfile: SecurityProfile;
  readonly quiet: boolean;
  readonly registration: Registration;
  readonly heartbeatIntervalSeconds: number;
  readonly bootRetrySeconds: number | null;
  readonly authorisationRequired: boolean;
  readonly energyPrice: Station["energyPrice"];
  readonly connected: boolean;
  readonly protocol: string | null;
  readonly lastSeenAt: string | null;
  readonly gateway: string | null;
  readonly connectedAt: string | null;
  readonly sockets: Station["presence"]["sockets"] | null;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly serialNumber: string | null;
  readonly firmwareVersion: string | null;
  readonly evses: Station["evses"];
  readonly openSessions: string[];
  readonly createdAt: string;
}

const columns = `s.id, s.location_id, s.tags, s.security_profile, s.quiet, s.registration,
  s.heartbeat_interval_seconds, s.authorisation_required, s.energy_price, s.connected,
  s.boot_retry_seconds, s.protocol, s.last_seen_at, s.gateway, s.connected_at, s.sockets,
  s.vendor, s.model, s.serial_number, s.firmware_version, s.evses, s.open_sessions, s.created_at`;

const withLocation =
  "stations s LEFT JOIN locations l ON l.tenant = s.tenant AND l.id = s.location_id";

const EARTH_RADIUS_METRES = 6_371_000;
/** Of one degree of latitude, rounded down so that the box is never too small. */
const METRES_PER_DEGREE = 111_000;

export function listStations(rows: Rows, query: StationQuery): Promise<Page<Station>> {
  const where = filtered(query);
  if (query.near !== undefined) addNear(where, query.near, query.radiusM ?? 0);
  if (query.available !== undefined) {
    const isFree = "s.connected AND 'Available' = ANY(s.statuses)";
    where.add(query.available ? isFree : `NOT (${isFree})`);
  }
  return pageOf(rows, query, {
    select: columns,
    from: withLocation,
    where,
    order: [{ name: "s.created_at", type: "timestamptz" }, { name: "s.id", type: "text" }],
  }, toStation);
}

/** Ids of the stations of a filter, at most `limit`. */
export async function stationIds(
  rows: Rows,
  filter: StationFilter,
  limit: number,
): Promise<readonly string[]> {
  const where = filtered(filter);
  const found = await rows.all<{ id: string }>(
    `SELECT s.id FROM ${withLocation} WHERE ${where.text} ORDER BY s.id LIMIT ${
      where.value(limit)
    }`,
    where.values,
  );
  return found.map(({ id }) => id);
}

export async function stationExists(rows: Rows, id: string): Promise<boolean> {
  return (await rows.all("SELECT 1 FROM stations WHERE id = $1", [id])).length > 0;
}

function filtered(filter: StationFilter): Conditions {
  const where = new Conditions();
  for (const word of (filter.search ?? "").split(/\s+/).filter((text) => text !== "")) {
    const pattern = containing(word);
    where.add(
      `s.id ILIKE ? OR s.vendor ILIKE ? OR s.model ILIKE ? OR s.serial_number ILIKE ?
        OR array_to_string(s.tags, ' ') ILIKE ? OR l.name ILIKE ? OR l.address ILIKE ?`,
      ...Array.from({ length: 7 }, () => pattern),
    );
  }
  return where
    .addIf(filter.tag, "? = ANY(s.tags)")
    .addIf(filter.status, "? = ANY(s.statuses)")
    .addIf(filter.connected, "s.connected = ?")
    .addIf(filter.locationId, "s.location_id = ?");
}

/**
 * A box first (cheap), then the great circle. The box is left out across the date line and at the
 * poles.
 */
function addNear(where: Conditions, near: string, radiusM: number): void {
  const [latitude = 0, longitude = 0] = near.split(",").map(Number);
  const degrees = radiusM / METRES_PER_DEGREE;
  where.add("l.latitude BETWEEN ?::float8 AND ?::float8", latitude - degrees, latitude + degrees);
  const widening = Math.cos((Math.abs(latitude) + degrees) * Math.PI / 180);
  const across = widening > 0.01 ? degrees / widening : 360;
  if (Math.abs(longitude) + across < 180) {
    where.add(
      "l.longitude BETWEEN ?::float8 AND ?::float8",
      longitude - across,
      longitude + across,
    );
  }
  where.add(
    `2 * ${EARTH_RADIUS_METRES} * asin(least(1, sqrt(
      power(sin(radians(l.latitude - ?::float8) / 2), 2) +
      cos(radians(?::float8)) * cos(radians(l.latitude)) *
        power(sin(radians(l.longitude - ?::float8) / 2), 2)
    ))) <= ?::float8`,
    latitude,
    latitude,
    longitude,
    radiusM,
  );
}

function toStation(row: StationRow): Station {
  return {
    id: row.id,
    securityProfile: row.securityProfile,
    locationId: row.locationId,
    tags: row.tags,
    quiet: row.quiet,
    registration: row.registration,
    heartbeatIntervalSeconds: row.heartbeatIntervalSeconds,
    bootRetrySeconds: row.bootRetrySeconds,
    authorisationRequired: row.authorisationRequired,
    energyPrice: row.energyPrice,
    createdAt: shownInstant(row.createdAt),
    presence: {
      connected: row.connected,
      protocol: row.protocol,
      lastSeenAt: shownInstantOrNull(row.lastSeenAt),
      gateway: row.gateway,
      connectedAt: shownInstantOrNull(row.connectedAt),
      sockets: row.sockets ?? [],
    },
    boot: {
      vendor: row.vendor,
      model: row.model,
      serialNumber: row.serialNumber,
      firmwareVersion: row.firmwareVersion,
    },
    evses: row.evses,
    openSessions: row.openSessions,
  };
}
