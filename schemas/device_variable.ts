/**
 * Names of the device model (OCPP 2.0.1 Part 1, 4): a component and a variable, each perhaps of an
 * instance, an EVSE and a connector. A configuration key of 1.6 is a variable too, of the component
 * that is left out or called `Configuration`.
 */

/** The component of keys of 1.6. */
export const CONFIGURATION = "Configuration";

export const attributeTypes = ["Actual", "Target", "MinSet", "MaxSet"] as const;
export type AttributeType = typeof attributeTypes[number];

export interface VariableName {
  readonly component?: string;
  readonly instance?: string;
  readonly evseId?: number;
  readonly connectorId?: number;
  readonly variable: string;
  readonly variableInstance?: string;
}

export interface AttributeName extends VariableName {
  readonly attribute?: AttributeType;
}

/** With nothing left to be understood. */
export type WholeName = AttributeName & {
  readonly component: string;
  readonly attribute: AttributeType;
};

interface Component2 {
  readonly name: string;
  readonly instance?: string;
  readonly evse?: { readonly id: number; readonly connectorId?: number };
}

/** How 2.x names a variable, in the order of the standard's tables. */
export interface WireVariable {
  readonly component: Component2;
  readonly variable?: { readonly name: string; readonly instance?: string };
}

/**
 * One text per attribute of a variable. Names are not case-sensitive (OCPP 2.0.1 Part 2,
 * ComponentType and VariableType).
 */
export function attributeKey({ attribute, ...name }: AttributeName): string {
  return `${variableKey(name)}/${(attribute ?? "Actual").toLowerCase()}`;
}

export function variableKey(name: VariableName): string {
  const { component, instance, evseId, connectorId, variable, variableInstance } = name;
  return [component ?? CONFIGURATION, instance, evseId, connectorId, variable, variableInstance]
    .map((part) => part === undefined ? "" : escaped(String(part).toLowerCase())).join("/");
}

/** Nothing in a name may look like the border between two. */
function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("/", "%2F");
}

/** As people read it: `Connector 1.2 AvailabilityState[a]`. */
export function spokenName(name: VariableName): string {
  const { component, instance, evseId, connectorId, variable, variableInstance } = name;
  const place = evseId === undefined
    ? ""
    : ` ${evseId}${connectorId === undefined ? "" : `.${connectorId}`}`;
  const whole = `${variable}${variableInstance === undefined ? "" : `[${variableInstance}]`}`;
  if (component === undefined || component === CONFIGURATION) return whole;
  return `${component}${instance === undefined ? "" : `[${instance}]`}${place} ${whole}`;
}

export function toWireVariable(name: VariableName & { readonly component: string }): Required<
  WireVariable
> {
  const { variable, variableInstance } = name;
  return { component: toWireComponent(name), variable: withInstance(variable, variableInstance) };
}

export function toWireComponent(
  { component, instance, evseId, connectorId }:
    & Omit<VariableName, "variable">
    & { readonly component: string },
): Component2 {
  return {
    ...withInstance(component, instance),
    ...(evseId === undefined ? {} : {
      evse: { id: evseId, ...(connectorId === undefined ? {} : { connectorId }) },
    }),
  };
}

function withInstance(
  name: string,
  instance: string | undefined,
): { readonly name: string; readonly instance?: string } {
  return { name, ...(instance === undefined ? {} : { instance }) };
}

/** The attribute that an entry of a message names; undefined when it names none. */
export function attributeIn(entry: unknown): WholeName | undefined {
  if (!isObject(entry)) return undefined;
  const { component, variable, attributeType, type } = entry;
  if (!isObject(component) || !isObject(variable)) return undefined;
  const evse = isObject(component["evse"]) ? component["evse"] : {};
  return nameIn({
    component: component["name"],
    instance: component["instance"],
    evseId: evse["id"],
    connectorId: evse["connectorId"],
    variable: variable["name"],
    variableInstance: variable["instance"],
    attribute: attributeType ?? type,
  });
}

/** The name that the body of an item holds; undefined when it holds none. */
export function nameIn(
  body: Readonly<Record<string, unknown>> | undefined,
): WholeName | undefined {
  if (body === undefined) return undefined;
  const { component, instance, evseId, connectorId, variable, variableInstance, attribute } = body;
  if (typeof component !== "string" || typeof variable !== "string") return undefined;
  return {
    component,
    ...(typeof instance === "string" ? { instance } : {}),
    ...(typeof evseId === "number" ? { evseId } : {}),
    ...(typeof connectorId === "number" ? { connectorId } : {}),
    variable,
    ...(typeof variableInstance === "string" ? { variableInstance } : {}),
    attribute: attributeTypes.find((type) => type === attribute) ?? "Actual",
  };
}

const secretNames = /^(authorizationkey|basicauthpassword|.*password|.*(secret|privatekey|pin))$/i;

/** Values that are kept nowhere and shown to nobody. */
export function isSecret({ variable }: Pick<VariableName, "variable">): boolean {
  return secretNames.test(variable);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
