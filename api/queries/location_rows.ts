import { PlatformError } from "#schemas/errors.ts";
import type { Location } from "#schemas/rest/location.ts";
import type { ListQuery } from "#schemas/rest/shape.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows, SqlValue } from "../ports/rows.ts";
import type { Page } from "../reply.ts";

interface LocationRow {
  readonly id: string;
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly timeZone: string;
  readonly address: string;
  readonly authorisationRequired: boolean;
  readonly energyPrice: NonNullable<Location["energyPrice"]> | null;
}

const columns =
  "id, name, latitude, longitude, time_zone, address, authorisation_required, energy_price";
const places = "$1, $2, $3, $4, $5, $6, $7, $8, $9::text::jsonb";

export async function findLocation(rows: Rows, id: string): Promise<Location | undefined> {
  const [row] = await rows.all<LocationRow>(
    `SELECT ${columns} FROM locations WHERE id = $1`,
    [id],
  );
  return row === undefined ? undefined : toLocation(row);
}

export function listLocations(rows: Rows, query: ListQuery): Promise<Page<Location>> {
  return pageOf(rows, query, {
    select: columns,
    from: "locations",
    where: new Conditions(),
    order: [{ name: "created_at", type: "timestamptz" }, { name: "id", type: "text" }],
  }, toLocation);
}

/** False when the id exists already. */
export async function insertLocation(
  rows: Rows,
  tenant: string,
  location: Location,
): Promise<boolean> {
  const inserted = await rows.all(
    `INSERT INTO locations (tenant, ${columns}) VALUES (${places})
      ON CONFLICT DO NOTHING RETURNING 1`,
    values(tenant, location),
  );
  return inserted.length > 0;
}

/** True when it was new. */
export async function replaceLocation(
  rows: Rows,
  tenant: string,
  location: Location,
): Promise<boolean> {
  const [row] = await rows.all<{ isNew: boolean }>(
    `INSERT INTO locations (tenant, ${columns}) VALUES (${places})
      ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name, latitude = excluded.latitude,
        longitude = excluded.longitude, time_zone = excluded.time_zone, address = excluded.address,
        authorisation_required = excluded.authorisation_required,
        energy_price = excluded.energy_price
      RETURNING xmax = 0 AS is_new`,
    values(tenant, location),
  );
  return row?.isNew ?? false;
}

/** @throws {PlatformError} "conflict" while stations are there, "not-found". */
export async function deleteLocation(rows: Rows, id: string): Promise<void> {
  const [used] = await rows.all<{ id: string }>(
    "SELECT id FROM stations WHERE location_id = $1 LIMIT 1",
    [id],
  );
  if (used !== undefined) {
    throw new PlatformError(
      "conflict",
      `Cannot delete location ${id}: station ${used.id} is there`,
    );
  }
  const deleted = await rows.all("DELETE FROM locations WHERE id = $1 RETURNING 1", [id]);
  if (deleted.length === 0) throw noLocation(id);
}

export function noLocation(id: string): PlatformError {
  return new PlatformError("not-found", `Cannot find location ${id}: it does not exist`);
}

function values(tenant: string, location: Location): SqlValue[] {
  const { id, name, coordinates: { latitude, longitude }, timeZone, address } = location;
  const isRequired = location.authorisationRequired ?? true;
  const price = location.energyPrice ?? null;
  const priceText = price === null ? null : JSON.stringify(price);
  return [tenant, id, name, latitude, longitude, timeZone, address, isRequired, priceText];
}

function toLocation(row: LocationRow): Location {
  return {
    id: row.id,
    name: row.name,
    coordinates: { latitude: row.latitude, longitude: row.longitude },
    timeZone: row.timeZone,
    address: row.address,
    ...(row.authorisationRequired ? {} : { authorisationRequired: false }),
    ...(row.energyPrice === null ? {} : { energyPrice: row.energyPrice }),
  };
}
