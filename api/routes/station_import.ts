import type { StationRegistered } from "#schemas/events/charger.ts";
import { toPlatformError } from "#schemas/errors.ts";
import { ImportReport } from "#schemas/rest/shape.ts";
import type { Location } from "#schemas/rest/location.ts";
import { StationCreate } from "#schemas/rest/station.ts";
import { askActor, chargerAddress } from "../ask.ts";
import {
  type BadRow,
  csvRows,
  eachAtMost,
  type ImportRow,
  ImportTally,
  importTypes,
  isCsv,
  ndjsonRows,
} from "../import_lines.ts";
import { ok } from "../reply.ts";
import { type Asked, type Route, route } from "../route.ts";
import { shapeCheck } from "../shape_check.ts";
import { requireLocation, stationRegister } from "../station_settings.ts";

const IMPORT_BYTES_MAX = 67_108_864;
/** Rows at actors at once: several group commits deep, far below the bound of awaited answers. */
const IMPORT_LANES = 500;

const checkJson = shapeCheck(StationCreate, "json");
const checkCsv = shapeCheck(StationCreate, "text");

export const stationImportRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/stations/import",
    summary: "Creates and replaces many stations",
    tag: "Stations",
    reads: importTypes,
    bodyBytesMax: IMPORT_BYTES_MAX,
    answers: { 200: ImportReport },
    handler: async (incoming) => {
      const isTable = isCsv(incoming.header("content-type"));
      const tally = new ImportTally();
      const places = new KnownPlaces(incoming);
      const rows = isTable ? csvRows(incoming.text) : ndjsonRows(incoming.text);
      await eachAtMost(rows, IMPORT_LANES, async (row) => {
        try {
          tally.add(await imported(incoming, places, row, isTable));
        } catch (thrown) {
          tally.fail(row.line, rowDetail(thrown));
        }
      });
      return ok(tally.report);
    },
  }),
];

/** True when the station is new. */
async function imported(
  asked: Asked,
  places: KnownPlaces,
  row: ImportRow | BadRow,
  isTable: boolean,
): Promise<boolean> {
  if ("detail" in row) throw new RowError(row.detail);
  const station = isTable
    ? checkCsv(withTags(row.value), "the row")
    : checkJson(row.value, "the row");
  const place = await places.require(station.locationId);
  const reply = await askActor<StationRegistered>(
    asked,
    chargerAddress(asked.tenant, station.id),
    {
      type: "station.import",
      purpose: `${row.line} ${station.id}`,
      body: await stationRegister(asked.platform, station, place),
    },
  );
  return reply.created;
}

/** A row that cannot be read; its text is for the client. */
class RowError extends Error {}

function rowDetail(thrown: unknown): string {
  return thrown instanceof RowError ? thrown.message : toPlatformError(thrown).message;
}

/** In a cell, tags are separated by semicolons. */
function withTags(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("tags" in value)) return value;
  const tags = String(value.tags).split(";").map((tag) => tag.trim()).filter((tag) => tag !== "");
  return { ...value, tags };
}

/** Each location is looked up once per import. */
class KnownPlaces {
  readonly #asked: Asked;
  readonly #known = new Map<string, Promise<Location | null | undefined>>();

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  async require(locationId: string | null | undefined): Promise<Location | null | undefined> {
    if (locationId === undefined || locationId === null) return locationId;
    const { platform, tenant } = this.#asked;
    const known = this.#known.get(locationId) ?? requireLocation(platform, tenant, locationId);
    this.#known.set(locationId, known);
    return await known;
  }
}
