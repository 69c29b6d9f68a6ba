import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { Build, BuildPattern, Quirk } from "./quirk.ts";
import { quirkTable } from "./table.ts";

const byId: ReadonlyMap<string, Quirk> = new Map(quirkTable.map((quirk) => [quirk.id, quirk]));

interface Patterns {
  readonly quirk: Quirk;
  readonly fits: readonly ((build: Build) => boolean)[];
}

const patterns: readonly Patterns[] = quirkTable.flatMap((quirk) =>
  quirk.builds === null ? [] : [{ quirk, fits: quirk.builds.map(fitting) }]
);

function fitting({ vendor, model, firmware }: BuildPattern): (build: Build) => boolean {
  const [ofVendor, ofModel, ofFirmware] = [vendor, model, firmware]
    .map((source) => source === undefined ? undefined : new RegExp(source, "i"));
  return (build) =>
    (ofVendor?.test(build.vendor) ?? true) && (ofModel?.test(build.model) ?? true) &&
    (ofFirmware?.test(build.firmwareVersion ?? "") ?? true);
}

export function quirkOf(id: string): Quirk | undefined {
  return byId.get(id);
}

/** Quirks that stations of this build are known for. */
export function quirksOfBuild(
  build: Build | null,
  protocol: OcppProtocol | null,
): readonly Quirk[] {
  if (build === null) return [];
  return patterns.filter(({ quirk, fits }) =>
    isOf(quirk, protocol) && fits.some((fit) => fit(build))
  )
    .map(({ quirk }) => quirk);
}

/** What operators have said of a station, by ids. */
export interface QuirkChoice {
  /** It has these, whatever its build. */
  readonly on: readonly string[];
  /** It has not. */
  readonly off: readonly string[];
}

export const noChoice: QuirkChoice = { on: [], off: [] };

/** In the order of the table; what is borne from every station needs no being in force. */
export function quirksInForce(
  build: Build | null,
  protocol: OcppProtocol | null,
  { on, off }: QuirkChoice = noChoice,
): readonly Quirk[] {
  const ofBuild = quirksOfBuild(build, protocol);
  if (on.length === 0 && off.length === 0) return ofBuild;
  return quirkTable.filter((quirk) =>
    !off.includes(quirk.id) &&
    (ofBuild.includes(quirk) || (on.includes(quirk.id) && isOf(quirk, protocol)))
  );
}

function isOf({ protocols }: Quirk, protocol: OcppProtocol | null): boolean {
  return protocols === undefined || protocol === null || protocols.includes(protocol);
}

/** Whether something is done to messages because of it: the others are for people and rules. */
export function isOfMessages({ effect: { kind } }: Quirk): boolean {
  return kind !== "borne" && kind !== "advice" && kind !== "profiles" &&
    kind !== "authorization-key";
}
