/** What a station says it can take in one message, or hold: items of the block `limits`. */
import { isSecret, variableKey, type VariableName } from "./device_variable.ts";
import type { StationItem } from "./station_items.ts";

/** Variables and keys that bound what we send. */
const limiting: ReadonlySet<string> = new Set([
  "itemspermessage",
  "bytespermessage",
  // Keys of 1.6 (9.1 to 9.4).
  "getconfigurationmaxkeys",
  "sendlocallistmaxlength",
  "localauthlistmaxlength",
  "chargeprofilemaxstacklevel",
  "maxchargingprofilesinstalled",
  "chargingschedulemaxperiods",
  "chargingscheduleallowedchargingrateunit",
  "connectorswitch3to1phasesupported",
  "reserveconnectorzerosupported",
  "supportedfeatureprofiles",
  // Of 2.x controllers.
  "profilestacklevel",
  "periodsperschedule",
  "rateunit",
  "phases3to1",
  "entries",
]);

export function isLimit(name: VariableName): boolean {
  return limiting.has(name.variable.toLowerCase()) && !isSecret(name);
}

/** The item that says so. Reports and answers have one each (`source`): the newest counts. */
export function limitItem(
  name: VariableName,
  { value, at, source }: {
    readonly value: string;
    readonly at: number;
    readonly source: "report" | "answer";
  },
): StationItem {
  const body = { ...name, value, at };
  return { block: "limits", key: `${variableKey(name)}/${source}`, body };
}

/** What was said last of this variable, as the station wrote it. */
export function limitText(items: readonly StationItem[], name: VariableName): string | undefined {
  const key = `${variableKey(name)}/`;
  const [newest] = items.filter((item) => item.block === "limits" && item.key.startsWith(key))
    .sort((one, other) => Number(other.body["at"]) - Number(one.body["at"]));
  const value = newest?.body["value"];
  return typeof value === "string" ? value : undefined;
}

/** A limit that is a whole number from 1; anything else is none. */
export function limitOf(items: readonly StationItem[], name: VariableName): number | undefined {
  const value = Number(limitText(items, name) ?? NaN);
  return Number.isInteger(value) && value >= 1 ? value : undefined;
}

export interface MessageLimits {
  readonly items: number;
  readonly bytes: number;
}

/** A station that does not say how many it takes is given no more than this at once. */
const ITEMS_DEFAULT = 16;

/** ItemsPerMessage and BytesPerMessage of one message. */
export function messageLimits(
  items: readonly StationItem[],
  component: string,
  instance: string,
): MessageLimits {
  const of = (variable: string): number | undefined =>
    limitOf(items, { component, variable, variableInstance: instance }) ??
      limitOf(items, { component, instance, variable });
  return {
    items: of("ItemsPerMessage") ?? ITEMS_DEFAULT,
    bytes: of("BytesPerMessage") ?? Infinity,
  };
}

/**
 * The entries in their order, in parts that each keep both limits; `size` gives the bytes of the
 * message with these entries, which are a list in it. One entry that is larger than a message goes
 * alone: the station says what is wrong with it.
 */
export function inParts<Entry>(
  entries: readonly Entry[],
  limits: MessageLimits,
  size: (part: readonly Entry[]) => number,
): readonly (readonly Entry[])[] {
  const parts: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const last = parts.at(-1);
    const alone = size([entry]);
    // With its comma. Entries are measured singly: lists of thousands would take seconds.
    const added = size([entry, entry]) - alone;
    const isFull = last === undefined || last.length >= limits.items ||
      bytes + added > limits.bytes;
    if (isFull) parts.push([entry]);
    else last.push(entry);
    bytes = isFull ? alone : bytes + added;
  }
  return parts;
}

/** UTF-8 bytes of a payload as it leaves. */
export function bytesOf(payload: unknown): number {
  return new TextEncoder().encode(JSON.stringify(payload)).length;
}
