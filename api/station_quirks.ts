/** The quirks of a station: by its build, by operators' word, and what it has shown itself. */
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { quirkOf, quirksOfBuild } from "#schemas/quirks/find.ts";
import type { Build, Quirk as Entry } from "#schemas/quirks/quirk.ts";
import { quirkTable } from "#schemas/quirks/table.ts";
import type { Quirk, StationQuirk } from "#schemas/rest/quirk.ts";

export interface QuirkItem {
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface QuirkFacts {
  readonly build: Build | null;
  readonly protocol: OcppProtocol | null;
  readonly items: readonly QuirkItem[];
}

/** The whole table. */
export const quirks: readonly Quirk[] = quirkTable.map((entry) => ({
  id: entry.id,
  kind: entry.effect.kind,
  summary: entry.summary,
  remedy: entry.remedy,
  sources: [...entry.sources],
  protocols: entry.protocols === undefined ? null : [...entry.protocols],
  of: entry.builds !== null
    ? "builds"
    : entry.effect.kind === "borne"
    ? "every station"
    : "chosen stations",
}));

/** In the order of the table, what was learned last. */
export function stationQuirksOf({ build, protocol, items }: QuirkFacts): readonly StationQuirk[] {
  const ofBuild = quirksOfBuild(build, protocol);
  const choices = new Map(items.map((item) => [item.key, item.body]));
  const known = quirkTable.filter((entry) =>
    ofBuild.includes(entry) || choices.get(entry.id)?.["choice"] === "on"
  ).map((entry) => tabled(entry, build, ofBuild.includes(entry), choices.get(entry.id)));
  const learned = items.filter(({ key, body }) =>
    quirkOf(key) === undefined && typeof body["why"] === "string"
  ).map(learnedQuirk);
  return [...known, ...learned];
}

function tabled(
  { id, summary, remedy, sources, effect }: Entry,
  build: Build | null,
  isOfBuild: boolean,
  choice: QuirkItem["body"] | undefined,
): StationQuirk {
  const at = textOrNull(choice?.["at"]);
  const isOff = choice?.["choice"] === "off";
  const isForPeople = effect.kind === "advice" || effect.kind === "borne";
  return {
    id,
    origin: isOfBuild ? "build" : "operator",
    status: isOff ? "dismissed" : isForPeople ? "known" : "inForce",
    ...{ summary, remedy, sources: [...sources] },
    why: isOfBuild ? `It is a ${nameOf(build)}` : "An operator has said so",
    at: isOfBuild ? null : at,
    dismissedAt: isOff ? at : null,
    suggests: null,
  };
}

function learnedQuirk({ key, body }: QuirkItem): StationQuirk {
  const suggests = textOrNull(body["suggests"]);
  const dismissedAt = textOrNull(body["dismissedAt"]);
  const entry = suggests === null ? undefined : quirkOf(suggests);
  const isForRules = typeof body["purpose"] === "string" || suggests === "authorization-key-text";
  return {
    id: key,
    origin: "learned",
    status: dismissedAt !== null ? "dismissed" : isForRules ? "inForce" : "known",
    summary: entry?.summary ?? "Refuses charging profiles of this purpose and unit",
    remedy: entry?.remedy ?? "Use another purpose or unit",
    sources: [...entry?.sources ?? []],
    why: textOrNull(body["why"]),
    at: textOrNull(body["at"]),
    dismissedAt,
    suggests,
  };
}

function nameOf(build: Build | null): string {
  const { vendor = "", model = "", firmwareVersion = null } = build ?? {};
  return [vendor, model, firmwareVersion ?? ""].filter((part) => part !== "").join(" ");
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
