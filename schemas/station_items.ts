/**
 * What the platform knows of a station block by block: one item is one thing (a charging profile, a
 * variable, a display message), named by its block and a key within the station. Each block has one
 * writer: rules of the charger actor, a projection of the journal, or the api.
 */
export const itemBlocks = [
  "charging-profile",
  "reported-profile",
  "charging-limit",
  "composite-schedule",
  "local-list",
  "reservation",
  "variable",
  "variable-value",
  "variable-set",
  "limits",
  "inventory",
  "monitor",
  "reported-monitor",
  "monitoring",
  "intended-configuration",
  "display-message",
  "reported-message",
  "customer-information",
  "firmware",
  "log",
  "quirk",
  "report-part",
  "network-profile",
] as const;
export type ItemBlock = typeof itemBlocks[number];

export interface StationItem {
  readonly block: ItemBlock;
  /** Unique within station and block. */
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Items `quirk` that stations have shown themselves, beside those of `schemas/quirks/table.ts`. */
export const learnedKey = {
  authorizationKey: "learned-authorization-key",
  energyUnit: "learned-energy-unit",
  /** The purpose in the words of 2.x, and the unit of its limits. */
  profile: (purpose: string, unit: string): string => `learned-profile-${purpose}-${unit}`,
} as const;

/**
 * A longer key is none of a standard's names, and no index takes one of some thousand bytes: such a
 * thing is not kept.
 */
export const ITEM_KEY_LENGTH_MAX = 500;

/** Of the row in `station_items`. */
export function itemId(stationKey: string, block: ItemBlock, key: string): string {
  return `${stationKey}/${block}/${key}`;
}
