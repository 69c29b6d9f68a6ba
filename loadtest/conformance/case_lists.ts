/** The certification cases of each version, as data: demands in our own words. */
import { readFileSync } from "node:fs";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { actionsOf } from "#schemas/ocpp_actions.ts";

export const versions = ["1.6", "2.0.1", "2.1"] as const;
export type Version = typeof versions[number];

export interface ListedCase {
  /** As the certification names it, without its ending for a CSMS: `TC_B_01`. */
  readonly id: string;
  /** Letter of the functional block; 1.6: name of the profile. */
  readonly block: string;
  /** M: mandatory; C: when the feature is declared; "-": not asked of a CSMS. */
  readonly status: "M" | "C" | "-" | "withdrawn" | "unknown";
  readonly demand: string;
  /** What the case needs that plain sockets do not have; such a case may be unproven. */
  readonly needs?: string;
}

export const protocolOf: Readonly<Record<Version, OcppProtocol>> = {
  "1.6": "ocpp1.6",
  "2.0.1": "ocpp2.0.1",
  "2.1": "ocpp2.1",
};

/** All cases of a version, in the order of the list. */
export function casesOf(version: Version): readonly ListedCase[] {
  return JSON.parse(readFileSync(new URL(`cases/${version}.json`, import.meta.url), "utf8"));
}

/**
 * A listed case by its id; or, by the name of an action, the proof of one that no listed case
 * shows.
 * @throws {Error} when the version has neither.
 */
export function findCase(version: Version, id: string): Pick<ListedCase, "id" | "demand"> {
  const found = casesOf(version).find((listed) => listed.id === id);
  if (found !== undefined) return found;
  if (actionsOf(protocolOf[version]).has(id)) {
    return { id, demand: "an action that no case of the list shows" };
  }
  throw new Error(`Cannot find ${version} ${id}: it is neither a listed case nor an action`);
}
