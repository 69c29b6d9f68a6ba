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
  readonly component?: string | undefined;
  readonly instance?: string | undefined;
  readonly evseId?: number | undefined;
  readonly connectorId?: number | undefined;
  readonly variable: string;
  readonly variableInstance?: string | undefined;
}

export interface AttributeName extends VariableName {
  readonly attribute?: string | undefined;
}

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

/** As people read it: `Connector[1] EVSE 1.2 AvailabilityState[a]`. */
export function spokenName(name: VariableName): string {
  const { component, instance, evseId, connectorId, variable, variableInstance } = name;
  const place = evseId === undefined
    ? ""
    : ` EVSE ${evseId}${connectorId === undefined ? "" : `.${connectorId}`}`;
  const whole = `${variable}${variableInstance === undefined ? "" : `[${variableInstance}]`}`;
  if (component === undefined || component === CONFIGURATION) return whole;
  return `${component}${instance === undefined ? "" : `[${instance}]`}${place}.${whole}`;
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

/** The name in what a station sent; undefined when it names no variable. */
export function fromWire({ component, variable }: WireVariable): VariableName | undefined {
  if (component === undefined || variable === undefined) return undefined;
  const { evse } = component;
  return {
    component: component.name,
    ...(component.instance === undefined ? {} : { instance: component.instance }),
    ...(evse === undefined ? {} : { evseId: evse.id }),
    ...(evse?.connectorId === undefined ? {} : { connectorId: evse.connectorId }),
    variable: variable.name,
    ...(variable.instance === undefined ? {} : { variableInstance: variable.instance }),
  };
}

const secretNames = /^(authorizationkey|basicauthpassword|.*password|.*(secret|privatekey|pin))$/i;

/** Values that are kept nowhere and shown to nobody. */
export function isSecret({ variable }: Pick<VariableName, "variable">): boolean {
  return secretNames.test(variable);
}
