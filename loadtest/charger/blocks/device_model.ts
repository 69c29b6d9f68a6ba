/** The device model (OCPP 2.0.1 Part 2, B05 to B08). */
import { type ChargerBlock, Refusal } from "../block.ts";
import {
  instantText,
  listField,
  numberField,
  partsOf,
  type Payload,
  present,
  textField,
  textsField,
} from "../dialect.ts";
import type { Station } from "../station.ts";
import { componentTree, type ComponentVariable } from "./component_tree.ts";
import { changeSetting, setting } from "./settings.ts";
import { componentOf, findVariable, isMeant, variableOf } from "./variable_names.ts";

/** This charger has no attributes but Actual. */
function isActual(asked: Payload): boolean {
  return (textField(asked, "attributeType") ?? "Actual") === "Actual";
}

function getVariables(station: Station, payload: Payload): Payload | Refusal {
  const asked = listField(payload, "getVariableData");
  if (asked.length > Number(setting(station, "ItemsPerGetVariables"))) {
    return new Refusal("OccurrenceConstraintViolation");
  }
  return { getVariableResult: asked.map((one) => got(station, one)) };
}

function got(station: Station, asked: Payload): Payload {
  const found = findVariable(station, asked);
  const answer = (attributeStatus: string, attributeValue?: string): Payload =>
    present({
      attributeStatus,
      attributeType: asked["attributeType"],
      attributeValue,
      component: asked["component"],
      variable: asked["variable"],
    });
  if (typeof found === "string") return answer(found);
  if (!isActual(asked)) return answer("NotSupportedAttributeType");
  if (found.access === "WriteOnly") return answer("Rejected");
  return answer("Accepted", found.read(station));
}

function setVariables(station: Station, payload: Payload): Payload | Refusal {
  const asked = listField(payload, "setVariableData");
  if (asked.length > Number(setting(station, "ItemsPerSetVariables"))) {
    return new Refusal("OccurrenceConstraintViolation");
  }
  return { setVariableResult: asked.map((one) => set(station, one)) };
}

function set(station: Station, asked: Payload): Payload {
  const found = findVariable(station, asked);
  const answer = (attributeStatus: string): Payload =>
    present({
      attributeType: asked["attributeType"],
      attributeStatus,
      component: asked["component"],
      variable: asked["variable"],
    });
  if (typeof found === "string") return answer(found);
  if (!isActual(asked)) return answer("NotSupportedAttributeType");
  if (found.setting === undefined) return answer("Rejected");
  return answer(changeSetting(station, found.setting, String(asked["attributeValue"] ?? "")));
}

/** Tells rows in parts after the answer. */
function report(station: Station, payload: Payload, rows: readonly ComponentVariable[]): Payload {
  if (rows.length === 0) return { status: "EmptyResultSet" };
  const parts = partsOf(rows, Number(setting(station, "ItemsPerGetReport")));
  for (const [seqNo, part] of parts.entries()) {
    station.reply({
      action: "NotifyReport",
      payload: {
        requestId: numberField(payload, "requestId"),
        generatedAt: instantText(station.now()),
        reportData: part.map((row) => shown(station, row)),
        tbc: seqNo < parts.length - 1,
        seqNo,
      },
    });
  }
  return { status: "Accepted" };
}

function shown(station: Station, row: ComponentVariable): Payload {
  return {
    component: componentOf(row),
    variable: variableOf(row),
    variableAttribute: [
      present({
        type: "Actual",
        value: row.access === "WriteOnly" ? undefined : row.read(station),
        mutability: row.access,
        persistent: true,
        constant: false,
      }),
    ],
    variableCharacteristics: present({
      unit: row.unit,
      dataType: row.type,
      minLimit: row.min,
      maxLimit: row.max,
      valuesList: row.values?.join(","),
      supportsMonitoring: row.isSensed,
    }),
  };
}

function baseReport(station: Station, payload: Payload): Payload {
  const tree = componentTree(station.charger.outlets.length);
  switch (textField(payload, "reportBase")) {
    case "FullInventory":
      return report(station, payload, tree);
    case "ConfigurationInventory":
      return report(station, payload, tree.filter((row) => row.access !== "ReadOnly"));
    default:
      return report(station, payload, tree.filter((row) => summary.has(row.variable)));
  }
}

/** What tells whether something is out of order. */
const summary: ReadonlySet<string> = new Set(["AvailabilityState", "Problem", "Available"]);

/** OCPP 2.0.1 Part 2, B08. */
function customReport(station: Station, payload: Payload): Payload {
  const tree = componentTree(station.charger.outlets.length);
  const asked = listField(payload, "componentVariable");
  const criteria = textsField(payload, "componentCriteria");
  const rows = tree.filter((row) =>
    (asked.length === 0 || asked.some((one) => isMeant(row, one))) &&
    (criteria.length === 0 || criteria.some((word) => meets(station, row, word)))
  );
  return report(station, payload, rows);
}

/**
 * Of what is Active, Available, Enabled or has a Problem: what does not say it is so, but for a
 * problem (B08.FR.07 to B08.FR.10).
 */
function meets(station: Station, row: ComponentVariable, criterion: string): boolean {
  const said = componentTree(station.charger.outlets.length).find((other) =>
    other.component === row.component && other.componentInstance === row.componentInstance &&
    other.evseId === row.evseId && other.connectorId === row.connectorId &&
    other.variable === criterion
  );
  return said === undefined ? criterion !== "Problem" : said.read(station) === "true";
}

/** What a variable is now, as a number where it is one. */
export function reading(station: Station, row: ComponentVariable): number | string {
  const text = row.read(station);
  const isNumber = row.type === "decimal" || row.type === "integer";
  return isNumber ? Number(text) : text;
}

export const deviceModelBlock: ChargerBlock = {
  answers2x: {
    GetVariables: getVariables,
    SetVariables: setVariables,
    GetBaseReport: baseReport,
    GetReport: customReport,
  },
};
