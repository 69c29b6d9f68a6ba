/** The certification cases of each version, as data: demands in our own words. */
import { readFileSync } from "node:fs";
import type { OcppProtocol } from "#schemas/events/gateway.ts";

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

/** @throws {Error} when the version has no such case. */
export function findCase(version: Version, id: string): ListedCase {
  const found = casesOf(version).find((listed) => listed.id === id);
  if (found === undefined) throw new Error(`Cannot find the case ${version} ${id} in its list`);
  return found;
}
