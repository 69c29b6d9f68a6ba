/** What cases about local lists have in common, whatever the version. */
import type { LocalList } from "#schemas/rest/local_list.ts";
import type { ConformanceRun } from "./conformance_run.ts";
import type { Payload } from "./recording.ts";
import type { ReceivedCall, ScriptedStation } from "./scripted_station.ts";

export const localListCode = [
  "schemas/local_list.ts",
  "actors/domain/local_list.ts",
  "actors/charger/blocks/local_list.ts",
  "api/routes/local_list.ts",
];

export const listVersionCode = [
  "schemas/station_commands/local_list.ts",
  "actors/charger/blocks/local_list.ts",
];

function pathOf(station: ScriptedStation): string {
  return `/stations/${station.identity}/local-list`;
}

/** An operator wishes a list, or a change of it: REST answers at once, then the station is told. */
export async function listWished(
  c: ConformanceRun,
  station: ScriptedStation,
  wish: { readonly put?: Payload; readonly patch?: Payload },
): Promise<ReceivedCall> {
  const { put, patch = {} } = wish;
  const answer = put === undefined
    ? await c.rest.patch(pathOf(station), patch)
    : await c.rest.put(pathOf(station), put);
  c.match("REST answers at once, with the list as it shall be", answer, {
    status: 200,
    body: { state: "pending" },
  });
  return await station.expectCall("SendLocalList");
}

/** Waits until GET …/local-list is as `expected`. */
export function listIs(
  c: ConformanceRun,
  station: ScriptedStation,
  expected: Payload,
): Promise<LocalList> {
  return c.eventually(`the list is ${JSON.stringify(expected)}`, async () => {
    const { body } = await c.rest.get<LocalList>(pathOf(station));
    for (const [name, value] of Object.entries(expected)) {
      const found = JSON.stringify(new Map<string, unknown>(Object.entries(body)).get(name));
      if (found !== JSON.stringify(value)) throw new Error(`${name} is ${found}`);
    }
    return body;
  });
}

/** The uids of a list, as REST shows them. */
export function uidsOf(list: LocalList): readonly string[] {
  return list.entries.map(({ tokenUid }) => tokenUid);
}

/** A list that the station has confirmed as version 1. */
export async function confirmedList(
  c: ConformanceRun,
  station: ScriptedStation,
  entries: readonly unknown[],
): Promise<void> {
  const call = await listWished(c, station, { put: { entries, version: 1 } });
  call.answer({ status: "Accepted" });
  await listIs(c, station, { state: "confirmed", confirmedVersion: 1 });
}
