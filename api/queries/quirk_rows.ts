import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { StationQuirk } from "#schemas/rest/quirk.ts";
import { type QuirkItem, stationQuirksOf } from "../station_quirks.ts";
import type { Rows } from "../ports/rows.ts";

interface StationRow {
  readonly vendor: string | null;
  readonly model: string | null;
  readonly firmwareVersion: string | null;
  readonly protocol: OcppProtocol | null;
}

/** More of one station are no one's need. */
const ITEMS_MAX = 200;

/** Undefined = there is no such station. */
export async function stationQuirks(
  rows: Rows,
  stationId: string,
): Promise<readonly StationQuirk[] | undefined> {
  const [station] = await rows.all<StationRow>(
    "SELECT vendor, model, firmware_version, protocol FROM stations WHERE id = $1",
    [stationId],
  );
  if (station === undefined) return undefined;
  const items = await rows.all<QuirkItem>(
    `SELECT key, body FROM station_items WHERE station_id = $1 AND block = 'quirk'
      ORDER BY key LIMIT ${ITEMS_MAX}`,
    [stationId],
  );
  const { vendor, model, firmwareVersion, protocol } = station;
  const build = vendor === null ? null : { vendor, model: model ?? "", firmwareVersion };
  return stationQuirksOf({ build, protocol, items });
}
