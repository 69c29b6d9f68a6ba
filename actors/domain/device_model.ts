/** What is known of a station's variables and monitors, from all that told of them. */
import { isObject } from "#schemas/command.ts";
import { attributeKey, isSecret, nameIn, type WholeName } from "#schemas/device_variable.ts";
import type { ItemBlock, StationItem } from "#schemas/station_items.ts";

type Body = Readonly<Record<string, unknown>>;

/** Blocks that `knownVariables` is made of. */
export const variableBlocks = [
  "variable",
  "variable-value",
  "variable-set",
  "inventory",
] as const satisfies readonly ItemBlock[];

/** Blocks that `knownMonitors` is made of. */
export const monitorBlocks = [
  "monitor",
  "reported-monitor",
  "monitoring",
] as const satisfies readonly ItemBlock[];

/** What the station was told last, and what it made of it. */
export interface LastSet {
  readonly value: string | null;
  /** The station's word; `pending`, `unanswered`, or the code of a CALLERROR. */
  readonly status: string;
  readonly at: number;
}

export interface KnownVariable {
  readonly key: string;
  readonly name: WholeName;
  /** Null = not told: write-only, secret, or refused. */
  readonly value: string | null;
  /** When the station told or took the value; null = it never did. */
  readonly reportedAt: number | null;
  /** The station's word when it was asked: `Accepted`, `UnknownVariable`, … */
  readonly status: string | null;
  readonly isSecret: boolean;
  /** As reported: mutability, data type, unit, limits, list of values. */
  readonly traits: Body;
  readonly set: LastSet | null;
}

const traitNames = [
  ...["mutability", "dataType", "unit", "minLimit", "maxLimit", "valuesList"],
  ...["supportsMonitoring", "persistent", "constant"],
];

/** In the order of their keys. What a later whole inventory does not name any more is left out. */
export function knownVariables(items: readonly StationItem[]): readonly KnownVariable[] {
  const byKey = Map.groupBy(items, ({ key }) => key);
  const wholeAt = wholeInventoryAt(items);
  return [...byKey].flatMap(([key, entries]) => {
    const of = (block: ItemBlock): Body | undefined =>
      entries.find((entry) => entry.block === block)?.body;
    const [reported, read, set] = [of("variable"), of("variable-value"), of("variable-set")];
    const told = [reported, read, set].filter((body) => body !== undefined);
    const name = nameIn(told[0]);
    const isGone = reported === undefined && told.every(({ at }) => Number(at) < wholeAt);
    return name === undefined || isGone ? [] : [known(key, name, { reported, read, set })];
  }).sort((one, other) => one.key < other.key ? -1 : 1);
}

/** When the station last told of everything that it has; 0 = never. */
function wholeInventoryAt(items: readonly StationItem[]): number {
  const times = items.filter(({ block, key, body }) =>
    block === "inventory" && (key === "keys" || (key === "report" && body["isWhole"] === true))
  ).map(({ body }) => Number(body["at"]));
  return Math.max(0, ...times);
}

function known(
  key: string,
  name: WholeName,
  { reported, read, set }: {
    readonly reported: Body | undefined;
    readonly read: Body | undefined;
    readonly set: Body | undefined;
  },
): KnownVariable {
  const hidden = isSecret(name);
  // A report of a write-only variable says nothing of its value.
  const tells = [reported, read].filter((body) => body !== undefined)
    .filter((body) => body === read || typeof body["value"] === "string")
    .sort((one, other) => Number(other["at"]) - Number(one["at"]));
  const newest = tells[0];
  const value = newest?.["value"];
  const traits = { ...read, ...reported };
  return {
    key,
    name,
    value: typeof value === "string" && !hidden ? value : null,
    reportedAt: newest === undefined ? null : Number(newest["at"]),
    status: typeof newest?.["status"] === "string" ? newest["status"] : null,
    isSecret: hidden,
    traits: Object.fromEntries(
      traitNames.flatMap((trait) => traits[trait] === undefined ? [] : [[trait, traits[trait]]]),
    ),
    set: lastSet(set, hidden),
  };
}

function lastSet(body: Body | undefined, hidden: boolean): LastSet | null {
  if (body === undefined) return null;
  const { value, status, at } = body;
  return {
    value: typeof value === "string" && !hidden ? value : null,
    status: String(status),
    at: Number(at),
  };
}

export interface KnownMonitor {
  readonly id: number;
  readonly name: Omit<WholeName, "attribute">;
  readonly type: string;
  readonly value: number | null;
  readonly severity: number;
  readonly transaction: boolean;
  readonly at: number;
}

/**
 * In the order of their numbers. Of what was set and what was reported the newest counts; what a
 * later report of all monitors does not name, or a change of the base has removed, is left out.
 */
export function knownMonitors(items: readonly StationItem[]): readonly KnownMonitor[] {
  const said = (key: string): Body =>
    items.find(({ block, key: own }) => block === "monitoring" && own === key)?.body ?? {};
  const reported = said("reported");
  const base = said("base");
  const goneBefore = {
    all: Number(said("none")["at"] ?? 0),
    ours: Math.max(
      reported["isWhole"] === true ? Number(reported["at"]) : 0,
      base["value"] === "All" ? 0 : Number(base["at"] ?? 0),
    ),
  };
  const monitors = items.filter(({ block }) => block === "monitor" || block === "reported-monitor");
  return [...Map.groupBy(monitors, ({ key }) => key).values()].flatMap((entries) => {
    const there = entries.filter(({ block, body }) => {
      const at = Number(body["at"]);
      return at >= goneBefore.all && (block === "reported-monitor" || at >= goneBefore.ours);
    }).sort((one, other) => Number(other.body["at"]) - Number(one.body["at"]));
    const [newest] = there;
    const monitor = newest === undefined ? undefined : monitorOf(newest);
    return monitor === undefined ? [] : [monitor];
  }).sort((one, other) => one.id - other.id);
}

function monitorOf({ key, body }: StationItem): KnownMonitor | undefined {
  const named = nameIn(body);
  if (named === undefined) return undefined;
  const { attribute: _, ...name } = named;
  const { type, value, severity, transaction, at } = body;
  return {
    id: Number(key),
    name,
    type: String(type),
    value: typeof value === "number" ? value : null,
    severity: Number(severity),
    transaction: transaction === true,
    at: Number(at),
  };
}

/** One item per attribute of the report's entries; entries without a name are left out. */
export function reportedVariables(data: readonly unknown[], at: number): readonly StationItem[] {
  return data.flatMap((entry) => {
    if (!isObject(entry)) return [];
    const { component, variable, variableAttribute, variableCharacteristics } = entry;
    const traits = isObject(variableCharacteristics) ? variableCharacteristics : {};
    const attributes = Array.isArray(variableAttribute) ? variableAttribute : [];
    return attributes.flatMap((attribute: unknown) => {
      const item = isObject(attribute)
        ? reportedAttribute({ component, variable, attribute, traits, at })
        : undefined;
      return item === undefined ? [] : [item];
    });
  });
}

function reportedAttribute(
  { component, variable, attribute, traits, at }: {
    readonly component: unknown;
    readonly variable: unknown;
    readonly attribute: Body;
    readonly traits: Body;
    readonly at: number;
  },
): StationItem | undefined {
  const name = nameIn({
    ...flatName(component, variable),
    attribute: attribute["type"],
  });
  if (name === undefined) return undefined;
  const { value, mutability, persistent, constant } = attribute;
  const { unit, dataType, minLimit, maxLimit, valuesList, supportsMonitoring } = traits;
  const kept = { mutability: mutability ?? "ReadWrite", persistent, constant, unit, dataType };
  const body = {
    ...name,
    ...(typeof value === "string" && !isSecret(name) ? { value } : {}),
    ...{ ...kept, minLimit, maxLimit, valuesList, supportsMonitoring },
    at,
  };
  return { block: "variable", key: attributeKey(name), body };
}

function flatName(component: unknown, variable: unknown): Body {
  const [one, other] = [component, variable].map((part) => isObject(part) ? part : {});
  const evse = isObject(one?.["evse"]) ? one["evse"] : {};
  return {
    component: one?.["name"],
    instance: one?.["instance"],
    evseId: evse["id"],
    connectorId: evse["connectorId"],
    variable: other?.["name"],
    variableInstance: other?.["instance"],
  };
}
