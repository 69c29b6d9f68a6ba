/** Variables, monitors and events of stations; what they are to be configured as. */
import { type TProperties, Type } from "@sinclair/typebox";
import { ocppProtocols } from "#schemas/events/gateway.ts";
import { attributeTypes } from "#schemas/device_variable.ts";
import {
  Attribute,
  variableName,
  VARIABLES_MAX,
  VariableValue,
} from "#schemas/station_commands/device_model.ts";
import {
  Identifier,
  Instant,
  listQuery,
  nullable,
  NullableInstant,
  oneOf,
  ReadOnly,
  type Static,
  Text,
} from "./shape.ts";

const name = { ...variableName, component: Type.String(), attribute: oneOf(attributeTypes) };

const LastSet = Type.Object({
  value: nullable(Type.String()),
  status: Type.String({
    description: "The station's word; `pending`, `unanswered`, or the code of its CALLERROR",
  }),
  at: Instant,
});

export const Variable = Type.Object({
  ...name,
  value: nullable(Type.String({ description: "Null = not told: write-only, secret or refused" })),
  secret: Type.Boolean(),
  reportedAt: NullableInstant,
  status: nullable(Type.String({ description: "The station's word when it was asked" })),
  mutability: Type.Optional(Type.String()),
  dataType: Type.Optional(Type.String()),
  unit: Type.Optional(Type.String()),
  minLimit: Type.Optional(Type.Number()),
  maxLimit: Type.Optional(Type.Number()),
  valuesList: Type.Optional(Type.String()),
  supportsMonitoring: Type.Optional(Type.Boolean()),
  persistent: Type.Optional(Type.Boolean()),
  constant: Type.Optional(Type.Boolean()),
  set: nullable(LastSet),
}, { title: "Variable" });
export type Variable = Static<typeof Variable>;

const SearchText = Type.String({ minLength: 1, maxLength: 200, pattern: "^[^\\u0000]*$" });

export const VariableQuery = Type.Object({
  ...listQuery,
  order: oneOf(["asc", "desc"], { default: "asc", description: "By name" }),
  component: Type.Optional(SearchText),
  variable: Type.Optional(SearchText),
  search: Type.Optional(SearchText),
}, { additionalProperties: false });
export type VariableQuery = Static<typeof VariableQuery>;

export const Monitor = Type.Object({
  id: Type.Integer(),
  ...variableName,
  component: Type.String(),
  type: Type.String(),
  value: nullable(Type.Number()),
  severity: Type.Integer(),
  transaction: Type.Boolean(),
  reportedAt: Instant,
}, { title: "Monitor" });
export type Monitor = Static<typeof Monitor>;

export const StationEvent = Type.Object({
  id: Identifier,
  kind: Type.String(),
  at: Instant,
  receivedAt: Instant,
  data: Type.Record(Type.String(), Type.Unknown()),
}, { title: "StationEvent" });
export type StationEvent = Static<typeof StationEvent>;

export const StationEventQuery = Type.Object({
  ...listQuery,
  kind: Type.Optional(SearchText),
}, { additionalProperties: false });
export type StationEventQuery = Static<typeof StationEventQuery>;

export const IntendedVariable = Type.Object({
  ...variableName,
  attribute: Type.Optional(Attribute),
  value: VariableValue,
}, { additionalProperties: false, title: "IntendedVariable" });

const intendedList = (minItems: number) =>
  Type.Array(IntendedVariable, { minItems, maxItems: VARIABLES_MAX });

/** What this station alone is to be configured as, above all templates. */
export const OwnConfiguration = Type.Object({ variables: intendedList(0) }, {
  additionalProperties: false,
  title: "OwnConfiguration",
});

export const configurationStates = [
  "same",
  "drifted",
  "unknown",
  "rejected",
  "rebootRequired",
] as const;

export const StationConfiguration = Type.Object({
  items: Type.Array(Type.Object({
    ...name,
    component: Type.Optional(Type.String()),
    intended: Type.String(),
    confirmed: nullable(Type.String()),
    state: oneOf(configurationStates),
    template: nullable(Type.String({ description: "Null = the station's own" })),
    reportedAt: NullableInstant,
    set: nullable(LastSet),
  })),
  variables: Type.Array(IntendedVariable, { description: "The station's own" }),
}, { title: "StationConfiguration" });
export type StationConfiguration = Static<typeof StationConfiguration>;

const Criterion = Type.String({ minLength: 1, maxLength: 50, pattern: "^[^\\u0000]+$" });
const settings = {
  description: Type.Unsafe<string>({ ...Text, default: "" }),
  match: Type.Object({
    vendor: Type.Optional(Criterion),
    model: Type.Optional(Criterion),
    firmware: Type.Optional(
      Type.Unsafe<string>({ ...Criterion, description: "* stands for any text" }),
    ),
    tag: Type.Optional(Criterion),
  }, { additionalProperties: false, description: "All that is named; nothing = every station" }),
  protocol: Type.Optional(oneOf(ocppProtocols)),
  variables: intendedList(1),
} as const satisfies TProperties;

export const ConfigurationTemplate = Type.Object({ id: Identifier, ...settings }, {
  title: "ConfigurationTemplate",
});
export type ConfigurationTemplate = Static<typeof ConfigurationTemplate>;

export const ConfigurationTemplateCreate = Type.Object({
  id: Type.Optional(Identifier),
  ...settings,
}, { additionalProperties: false, title: "ConfigurationTemplateCreate" });

export const ConfigurationTemplateReplace = Type.Object({ id: ReadOnly, ...settings }, {
  additionalProperties: false,
  title: "ConfigurationTemplateReplace",
});
export type ConfigurationTemplateReplace = Static<typeof ConfigurationTemplateReplace>;
