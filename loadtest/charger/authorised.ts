import {
  isGood,
  isKnownGood,
  knownToken,
  learnToken,
  mayStartOffline,
} from "./blocks/authorisation.ts";
import { reservations } from "./blocks/reservations.ts";
import type { Outlet } from "./outlet.ts";
import type { Station } from "./station.ts";

/** A token may charge here. */
export interface Permit {
  readonly groupId: string | undefined;
}

/**
 * Whether a driver may charge: the CSMS is asked when it can be reached, else the charger decides
 * by what it knows. Who has reserved the outlet is the only one who may use it.
 */
export async function authorised(
  station: Station,
  outlet: Outlet,
  tokenUid: string,
): Promise<Permit | undefined> {
  const permit = isKnownGood(station, tokenUid)
    ? permitBy(station, tokenUid)
    : await asked(station, tokenUid);
  const reserved = reservations.ifMade(station)?.at(outlet.evseId);
  if (permit === undefined || reserved === undefined) return permit;
  const its = reservations.of(station).ofToken(outlet.evseId, tokenUid, permit.groupId);
  return its === undefined ? undefined : permit;
}

async function asked(station: Station, tokenUid: string): Promise<Permit | undefined> {
  const { dialect, link } = station;
  try {
    const verdict = dialect.tokenVerdict(await link.say(dialect.authorize(tokenUid)));
    learnToken(station, tokenUid, verdict);
    return verdict !== undefined && isGood(station, verdict) ? verdict : undefined;
  } catch {
    return mayStartOffline(station, tokenUid) ? permitBy(station, tokenUid) : undefined;
  }
}

function permitBy(station: Station, tokenUid: string): Permit {
  return { groupId: knownToken(station, tokenUid)?.groupId };
}
