/** What a station is to be configured as, what it is, and where these differ. */
import { attributeKey, type AttributeName, CONFIGURATION } from "#schemas/device_variable.ts";
import type { KnownVariable } from "./device_model.ts";

export interface IntendedVariable extends AttributeName {
  readonly value: string;
}

export interface ConfigurationTemplate {
  readonly id: string;
  /** All that is named must fit; nothing named = every station. */
  readonly match: {
    readonly vendor?: string | undefined;
    readonly model?: string | undefined;
    /** `*` stands for any text. */
    readonly firmware?: string | undefined;
    readonly tag?: string | undefined;
  };
  readonly protocol?: string | undefined;
  readonly variables: readonly IntendedVariable[];
}

export interface ConfiguredStation {
  readonly vendor: string | null;
  readonly model: string | null;
  readonly firmwareVersion: string | null;
  readonly tags: readonly string[];
  readonly protocol: string | null;
}

/** An intended value with where it comes from: a template's id, or null for the station's own. */
export interface Intended extends IntendedVariable {
  readonly template: string | null;
}

export type ConfigurationState = "same" | "drifted" | "unknown" | "rejected" | "rebootRequired";

export interface ConfigurationItem {
  readonly intended: Intended;
  readonly known: KnownVariable | undefined;
  readonly state: ConfigurationState;
}

export function isFor(template: ConfigurationTemplate, station: ConfiguredStation): boolean {
  const { match: { vendor, model, firmware, tag }, protocol } = template;
  return (protocol === undefined || protocol === station.protocol) &&
    (vendor === undefined || isSameText(vendor, station.vendor)) &&
    (model === undefined || isSameText(model, station.model)) &&
    (firmware === undefined || fitsPattern(firmware, station.firmwareVersion ?? "")) &&
    (tag === undefined || station.tags.includes(tag));
}

function isSameText(one: string, other: string | null): boolean {
  return other !== null && one.toLowerCase() === other.toLowerCase();
}

/** Without a regular expression: a pattern of many stars would take it for ever. */
export function fitsPattern(pattern: string, text: string): boolean {
  const parts = pattern.toLowerCase().split("*");
  const whole = text.toLowerCase();
  const [first = "", ...rest] = parts;
  if (rest.length === 0) return whole === first;
  const last = rest.pop() ?? "";
  if (!whole.startsWith(first) || whole.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of rest) {
    const found = whole.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return from <= whole.length - last.length && whole.endsWith(last);
}

/**
 * What is intended of this station: templates that fit, the more of them is named the later, equals
 * by id; then its own. What a version has no word for is left out.
 */
export function intendedFor(
  station: ConfiguredStation,
  templates: readonly ConfigurationTemplate[],
  own: readonly IntendedVariable[],
): readonly Intended[] {
  const fitting = templates.filter((template) => isFor(template, station))
    .toSorted((one, other) =>
      namedIn(one) - namedIn(other) || (one.id < other.id ? -1 : Number(one.id > other.id))
    );
  const all: readonly Intended[] = [
    ...fitting.flatMap(({ id, variables }) =>
      variables.map((variable) => ({ ...variable, template: id }))
    ),
    ...own.map((variable) => ({ ...variable, template: null })),
  ];
  const isKey = ({ component }: AttributeName): boolean =>
    component === undefined || component === CONFIGURATION;
  const worded = all.filter((variable) =>
    station.protocol === null || isKey(variable) === (station.protocol === "ocpp1.6")
  );
  // A later value of the same name takes the place of an earlier one.
  return [...new Map(worded.map((variable) => [attributeKey(variable), variable])).values()];
}

function namedIn({ match, protocol }: ConfigurationTemplate): number {
  return [...Object.values(match), protocol].filter((value) => value !== undefined).length;
}

/** Each intended variable with what the station says of it. */
export function compareConfiguration(
  intended: readonly Intended[],
  known: readonly KnownVariable[],
): readonly ConfigurationItem[] {
  const byKey = new Map(known.map((variable) => [variable.key, variable]));
  return intended.map((variable) => {
    const found = byKey.get(attributeKey(variable));
    return { intended: variable, known: found, state: stateOf(variable.value, found) };
  });
}

function stateOf(value: string, known: KnownVariable | undefined): ConfigurationState {
  if (known === undefined) return "unknown";
  const { traits, set, reportedAt } = known;
  const isSame = known.value !== null && isSameValue(value, known.value, traits["dataType"]);
  if (isSame) return "same";
  const isTold = set !== null && set.value !== null &&
    isSameValue(value, set.value, traits["dataType"]);
  if (isTold && set.status === "RebootRequired" && set.at >= (reportedAt ?? 0)) {
    return "rebootRequired";
  }
  const isUnderWay = set?.status === "pending" || set?.status === "unanswered";
  if (isTold && !isUnderWay && set.status !== "Accepted" && set.status !== "RebootRequired") {
    return "rejected";
  }
  return known.value === null && known.status !== "UnknownVariable" ? "unknown" : "drifted";
}

const numberTypes: ReadonlySet<unknown> = new Set(["integer", "decimal"]);

/** Whether two texts are the same value of that data type (OCPP 2.0.1 Part 2, DataEnumType). */
export function isSameValue(one: string, other: string, dataType: unknown): boolean {
  if (one === other) return true;
  if (one.trim() === "" || other.trim() === "") return one.trim() === other.trim();
  if (numberTypes.has(dataType)) return Number(one) === Number(other);
  if (dataType === "dateTime") return Date.parse(one) === Date.parse(other);
  if (dataType === "MemberList" || dataType === "SequenceList") {
    const entries = (text: string): readonly string[] => {
      const listed = text.split(",").map((entry) => entry.trim());
      return dataType === "MemberList" ? [...new Set(listed)].sort() : listed;
    };
    return entries(one).join() === entries(other).join();
  }
  // 1.6 tells no types: stations write TRUE for true, and blanks after commas.
  const plain = (text: string): string => text.split(",").map((entry) => entry.trim()).join();
  const [a, b] = [plain(one), plain(other)];
  return a === b || (/^(true|false)$/i.test(a) && a.toLowerCase() === b.toLowerCase());
}

/** What is to be sent: all that is not as intended, except what the station itself must finish. */
export function toApply(items: readonly ConfigurationItem[]): readonly IntendedVariable[] {
  return items.filter(({ state }) => state !== "same" && state !== "rebootRequired")
    .map(({ intended: { template: _, ...variable } }) => variable);
}

/** What an operator should look at. */
export function driftOf(items: readonly ConfigurationItem[]): readonly Intended[] {
  return items.filter(({ state }) => state === "drifted" || state === "rejected")
    .map(({ intended }) => intended);
}
