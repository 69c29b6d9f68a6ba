import { crashIdentity, crashToken } from "../crash/crash_fleet.ts";
import type { PlatformRest } from "../platform_rest.ts";

export interface Population {
  /** With a token each. */
  readonly chargers: number;
  /** Identities of stations that only connect. */
  readonly others: readonly string[];
}

/** Makes stations, to which the platform sends nothing on its own, and tokens. */
export async function provision(rest: PlatformRest, population: Population): Promise<void> {
  const indexes = Array.from({ length: population.chargers }, (_, index) => index);
  const identities = [...population.others, ...indexes.map(crashIdentity)];
  await rest.importStations(identities.map((id) => ({ id, securityProfile: 0, quiet: true })));
  await rest.importTokens(
    indexes.map((index) => ({ uid: crashToken(index), status: "Accepted" })),
  );
}
