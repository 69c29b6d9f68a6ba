/** What can be set at this charger: one table, seen as 1.6 keys and as 2.x variables. */
import { Part } from "../block.ts";
import type { Station } from "../station.ts";
import { settingRows } from "./setting_rows.ts";

export type SettingType =
  | "boolean"
  | "integer"
  | "string"
  | "OptionList"
  | "MemberList"
  | "SequenceList";

export interface Setting {
  readonly name: string;
  /** What it is from the factory; it may depend on the charger. */
  readonly factory: string | ((station: Station) => string);
  readonly type: SettingType;
  readonly access: "ReadOnly" | "ReadWrite" | "WriteOnly";
  /** 1.6 key; null = 1.6 has no such. */
  readonly key16: string | null;
  /** Component, variable and its instance of 2.x; null = 2.x has no such. */
  readonly at: readonly [string, string, string?] | null;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  /** What it can be, or what its members can be. */
  readonly values?: readonly string[];
  readonly needsReboot?: boolean;
}

/** What becomes of a change. */
export type Change = "Accepted" | "Rejected" | "RebootRequired";

const byName = new Map(settingRows.map((row) => [row.name, row]));

const changed = new Part(() => new Map<string, string>());
const effects = new Map<string, (station: Station, value: string) => void>();

/** What is done when a setting has changed. One effect for each name. */
export function onSetting(
  name: string,
  effect: (station: Station, value: string) => void,
): void {
  effects.set(name, effect);
}

/** What is set now. @throws {Error} when there is no setting of that name. */
export function setting(station: Station, name: string): string {
  const own = changed.ifMade(station)?.get(name);
  if (own !== undefined) return own;
  const row = byName.get(name);
  if (row === undefined) throw new Error(`Cannot read the setting ${name}: there is none`);
  return typeof row.factory === "string" ? row.factory : row.factory(station);
}

export function isOn(station: Station, name: string): boolean {
  return setting(station, name) === "true";
}

/** Sets what the charger itself decides, whatever its access. */
export function keepSetting(station: Station, name: string, value: string): void {
  changed.of(station).set(name, value);
}

/** A CSMS sets it. */
export function changeSetting(station: Station, row: Setting, value: string): Change {
  if (row.access === "ReadOnly" || !fits(row, value)) return "Rejected";
  keepSetting(station, row.name, value);
  effects.get(row.name)?.(station, value);
  return row.needsReboot === true ? "RebootRequired" : "Accepted";
}

function fits(row: Setting, value: string): boolean {
  switch (row.type) {
    case "boolean":
      return value === "true" || value === "false";
    case "integer":
      return /^-?\d{1,10}$/.test(value) && Number(value) >= (row.min ?? 0) &&
        Number(value) <= (row.max ?? Infinity);
    case "string":
      return value.length >= (row.min ?? 0) && value.length <= (row.max ?? 1_000);
    case "OptionList":
      return row.values?.includes(value) ?? true;
    case "MemberList":
    case "SequenceList":
      return value === "" ||
        value.split(",").every((member) => row.values?.includes(member.trim()) ?? true);
  }
}
