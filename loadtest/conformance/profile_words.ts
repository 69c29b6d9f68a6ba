/** Charging profiles as operators write them, and what setting one looks like. */
import type { ConformanceRun } from "./conformance_run.ts";
import type { Payload } from "./recording.ts";
import type { ScriptedStation } from "./scripted_station.ts";

export const profileCode = [
  "schemas/station_commands/charging_profiles.ts",
  "actors/charger/blocks/charging_profiles.ts",
  "api/routes/charging_profiles_of_station.ts",
];

let lastId = 0;

/** A profile in the words of 2.x; Relative profiles have no start. */
export function profile(changes: Payload = {}, schedule: Payload = {}): Payload {
  const isRelative = changes["chargingProfileKind"] === "Relative";
  return {
    id: ++lastId,
    stackLevel: 0,
    chargingProfilePurpose: "TxDefaultProfile",
    chargingProfileKind: "Absolute",
    ...changes,
    chargingSchedule: [{
      id: 1,
      ...(isRelative ? {} : { startSchedule: new Date().toISOString() }),
      duration: 3_600,
      chargingRateUnit: "A",
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 6, numberPhases: 1 }],
      ...schedule,
    }],
  };
}

/** The same as 1.6 sends it. */
export function profile16(changes: Payload = {}, schedule: Payload = {}): Payload {
  const { id, chargingSchedule, ...rest } = profile(changes, schedule);
  const { id: _, ...only } = Object(Array.isArray(chargingSchedule) ? chargingSchedule[0] : {});
  return { chargingProfileId: id, ...rest, chargingSchedule: only };
}

export interface SetOptions {
  readonly evseId: number;
  readonly chargingProfile: Payload;
  readonly sessionId?: string;
  readonly status?: "Accepted" | "Rejected";
}

/**
 * Sets a profile through REST, takes the CALL, answers it and waits until REST shows the outcome.
 * Gives the payload of the CALL.
 */
export async function setProfile(
  c: ConformanceRun,
  station: ScriptedStation,
  { evseId, chargingProfile, sessionId, status = "Accepted" }: SetOptions,
): Promise<Payload> {
  const path = `/stations/${station.identity}/charging-profiles`;
  const asked = await c.rest.post(path, {
    evseId,
    chargingProfile,
    ...(sessionId === undefined ? {} : { sessionId }),
  });
  c.match("the profile is taken and pending", asked, { status: 201, body: { state: "pending" } });
  const call = await station.expectCall("SetChargingProfile");
  call.answer({ status });
  await profileIs(c, asked.location.replace("/api/v1", ""), {
    state: status === "Accepted" ? "accepted" : "rejected",
  });
  return call.payload;
}

/** Waits until the profile at `path` is as `expected`. */
export function profileIs(
  c: ConformanceRun,
  path: string,
  expected: Payload,
): Promise<void> {
  return c.eventually(`REST shows the profile ${JSON.stringify(expected)}`, async () => {
    const { body } = await c.rest.get(path);
    const differs = Object.entries(expected).find(([name, value]) => body[name] !== value);
    if (differs !== undefined) throw new Error(JSON.stringify(body));
  });
}

/** What GET /stations/{id}/charging-profiles shows. */
export interface ShownProfiles {
  readonly believed: readonly Payload[];
  readonly confirmed: readonly Payload[];
  readonly limits: readonly Payload[];
  readonly composite: readonly Payload[];
  readonly answered: readonly Payload[];
}

/** Waits until the numbers of a list are these. */
export function idsAre(
  c: ConformanceRun,
  station: ScriptedStation,
  list: "believed" | "confirmed",
  ids: readonly unknown[],
): Promise<ShownProfiles> {
  return c.eventually(`REST shows ${ids.length} profiles ${list}`, async () => {
    const path = `/stations/${station.identity}/charging-profiles`;
    const { body } = await c.rest.get<ShownProfiles>(path);
    const shown = body[list].map(({ id }) => id).toSorted();
    if (JSON.stringify(shown) !== JSON.stringify([...ids].toSorted())) {
      throw new Error(JSON.stringify(body[list]));
    }
    return body;
  });
}
