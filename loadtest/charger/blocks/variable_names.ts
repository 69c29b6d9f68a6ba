/** Which variable a CSMS means, and how one is named to it. */
import { fieldOf, numberField, objectField, type Payload, present, textField } from "../dialect.ts";
import type { Station } from "../station.ts";
import { componentTree, type ComponentVariable } from "./component_tree.ts";

export type Found = ComponentVariable | "UnknownComponent" | "UnknownVariable";

/** Names of OCPP 2.x have no case. */
function same(one: string | undefined, other: string | undefined): boolean {
  return one?.toLowerCase() === other?.toLowerCase();
}

function isComponent(row: ComponentVariable, asked: unknown): boolean {
  const evse = fieldOf(asked, "evse");
  return same(row.component, textField(asked, "name")) &&
    same(row.componentInstance, textField(asked, "instance")) &&
    row.evseId === numberField(evse, "id") &&
    row.connectorId === numberField(evse, "connectorId");
}

/** The one variable that is named. */
export function findVariable(station: Station, asked: Payload): Found {
  const tree = componentTree(station.charger.outlets.length);
  const component = objectField(asked, "component");
  const rows = tree.filter((row) => isComponent(row, component));
  if (rows.length === 0) return "UnknownComponent";
  const variable = objectField(asked, "variable");
  return rows.find((row) =>
    same(row.variable, textField(variable, "name")) &&
    same(row.variableInstance, textField(variable, "instance"))
  ) ?? "UnknownVariable";
}

/** Whether a row is one of those that a report is asked for: what is left out means all. */
export function isMeant(row: ComponentVariable, asked: Payload): boolean {
  const component = fieldOf(asked, "component");
  const variable = fieldOf(asked, "variable");
  const evse = fieldOf(component, "evse");
  const isOne = (own: unknown, wanted: unknown): boolean => wanted === undefined || own === wanted;
  const isNamed = (own: string | undefined, wanted: string | undefined): boolean =>
    wanted === undefined || same(own, wanted);
  return same(row.component, textField(component, "name")) &&
    isNamed(row.componentInstance, textField(component, "instance")) &&
    isOne(row.evseId, numberField(evse, "id")) &&
    isOne(row.connectorId, numberField(evse, "connectorId")) &&
    isNamed(row.variable, textField(variable, "name")) &&
    isNamed(row.variableInstance, textField(variable, "instance"));
}

export function componentOf(row: ComponentVariable): Payload {
  return present({
    name: row.component,
    instance: row.componentInstance,
    evse: row.evseId === undefined
      ? undefined
      : present({ id: row.evseId, connectorId: row.connectorId }),
  });
}

export function variableOf(row: ComponentVariable): Payload {
  return present({ name: row.variable, instance: row.variableInstance });
}
