/** Configuration templates, as operators read and fill them in. */
import { CONFIGURATION, isSecret } from "#schemas/device_variable.ts";
import type {
  ConfigurationTemplate,
  ConfigurationTemplateReplace,
} from "#schemas/rest/device_model.ts";
import { keyOfVariable, wordOfComponent, wordOfVariable } from "./configuration_words.ts";

type Intended = ConfigurationTemplate["variables"][number];
type Protocol = NonNullable<ConfigurationTemplate["protocol"]>;

export const protocolWords: Readonly<Record<Protocol, string>> = {
  "ocpp1.6": "OCPP 1.6",
  "ocpp2.0.1": "OCPP 2.0.1",
  "ocpp2.1": "OCPP 2.1",
};

/** What a station must be for the template to be for it; none = every station. */
export function wordsOfMatch(
  { match, protocol }: Pick<ConfigurationTemplate, "match" | "protocol">,
): readonly string[] {
  const { vendor, model, firmware, tag } = match;
  return [
    ...(vendor === undefined ? [] : [`Vendor ${vendor}`]),
    ...(model === undefined ? [] : [`Model ${model}`]),
    ...(firmware === undefined ? [] : [`Firmware ${firmware}`]),
    ...(tag === undefined ? [] : [`Tag ${tag}`]),
    ...(protocol === undefined ? [] : [protocolWords[protocol]]),
  ];
}

/** `HeartbeatInterval = 60`, `EVSE 1 Power = 11`. */
export function wordOfIntended(variable: Intended): string {
  const component = isKey(variable.component) ? "" : `${wordOfComponent(variable)} `;
  return `${component}${wordOfVariable(variable)} = ${variable.value || "empty"}`;
}

/** A line of the form; texts as typed. */
export interface DraftRow {
  /** Tells rows apart while they move. */
  readonly key: number;
  readonly component: string;
  readonly instance: string;
  readonly evseId: number | string;
  readonly connectorId: number | string;
  readonly variable: string;
  readonly variableInstance: string;
  readonly attribute: NonNullable<Intended["attribute"]>;
  readonly value: string;
}

export interface TemplateDraft {
  readonly id: string;
  readonly description: string;
  readonly vendor: string;
  readonly model: string;
  readonly firmware: string;
  readonly tag: string;
  readonly protocol: Protocol | null;
  readonly rows: readonly DraftRow[];
}

export function newRow(key: number): DraftRow {
  return {
    ...{ key, component: "", instance: "", evseId: "", connectorId: "" },
    ...{ variable: "", variableInstance: "", attribute: "Actual", value: "" },
  };
}

export function draftOf(template: ConfigurationTemplate | undefined): TemplateDraft {
  const { vendor = "", model = "", firmware = "", tag = "" } = template?.match ?? {};
  const variables = template?.variables ?? [];
  return {
    ...{ id: template?.id ?? "", description: template?.description ?? "" },
    ...{ vendor, model, firmware, tag, protocol: template?.protocol ?? null },
    rows: variables.length === 0
      ? [newRow(0)]
      : variables.map((variable, key) => ({ ...newRow(key), ...variable })),
  };
}

/** What is sent; rows in which nothing was typed are left out. */
export function settingsOf(draft: TemplateDraft): Omit<ConfigurationTemplateReplace, "id"> {
  const { description, protocol, rows } = draft;
  const [vendor, model] = [draft.vendor.trim(), draft.model.trim()];
  const [firmware, tag] = [draft.firmware.trim(), draft.tag.trim()];
  return {
    description: description.trim(),
    match: {
      ...(vendor === "" ? {} : { vendor }),
      ...(model === "" ? {} : { model }),
      ...(firmware === "" ? {} : { firmware }),
      ...(tag === "" ? {} : { tag }),
    },
    ...(protocol === null ? {} : { protocol }),
    variables: rows.filter((row) => !isBlank(row)).map(variableOf),
  };
}

function variableOf(row: DraftRow): Intended {
  const [component, instance] = [row.component.trim(), row.instance.trim()];
  const variableInstance = row.variableInstance.trim();
  const { evseId, connectorId, attribute } = row;
  return {
    ...(component === "" ? {} : { component }),
    ...(instance === "" ? {} : { instance }),
    ...(evseId === "" ? {} : { evseId: Number(evseId) }),
    ...(connectorId === "" ? {} : { connectorId: Number(connectorId) }),
    variable: row.variable.trim(),
    ...(variableInstance === "" ? {} : { variableInstance }),
    ...(attribute === "Actual" ? {} : { attribute }),
    value: row.value,
  };
}

function isBlank({ key: _, attribute: __, ...texts }: DraftRow): boolean {
  return Object.values(texts).every((text) => String(text).trim() === "");
}

/** More than a component, a variable and a value. */
export function hasDetails(row: DraftRow): boolean {
  const { instance, evseId, connectorId, variableInstance, attribute } = row;
  return attribute !== "Actual" ||
    [instance, evseId, connectorId, variableInstance].some((text) => text !== "");
}

/** By the row's key, why it cannot be saved. */
export function problemsOf(rows: readonly DraftRow[]): ReadonlyMap<number, string> {
  const problems = new Map<number, string>();
  const seen = new Set<string>();
  for (const row of rows) {
    if (isBlank(row)) continue;
    const variable = variableOf(row);
    const name = keyOfVariable(variable);
    if (variable.variable === "") {
      problems.set(row.key, "Give the name of the variable, or remove this row.");
    } else if (variable.connectorId !== undefined && variable.evseId === undefined) {
      problems.set(row.key, "A connector is one of an EVSE: give the EVSE too.");
    } else if (isSecret(variable)) {
      problems.set(row.key, "A secret is not kept here: set it at the station, under Service.");
    } else if (seen.has(name)) {
      problems.set(row.key, "A row above sets this variable already.");
    }
    seen.add(name);
  }
  return problems;
}

/** Why a row will change nothing; undefined when it will. */
export function warningOf(
  { component, variable }: DraftRow,
  protocol: Protocol | null,
): string | undefined {
  if (protocol === null || variable.trim() === "") return undefined;
  const isOfKey = isKey(component.trim() || undefined);
  if (isOfKey === (protocol === "ocpp1.6")) return undefined;
  return isOfKey
    ? `Stations of ${protocolWords[protocol]} need a component: without one nothing is set.`
    : "Stations of OCPP 1.6 have no components: with one nothing is set.";
}

/** A configuration key of 1.6. */
function isKey(component: string | undefined): boolean {
  return component === undefined || component === CONFIGURATION;
}
