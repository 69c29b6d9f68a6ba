/** What this charger consists of, in the words of OCPP 2.0.1 Part 2, appendix 3. */
import type { Outlet } from "../outlet.ts";
import type { Station } from "../station.ts";
import { type Setting, setting } from "./settings.ts";
import { settingRows } from "./setting_rows.ts";

export interface ComponentVariable {
  readonly component: string;
  readonly componentInstance?: string | undefined;
  /** Undefined = the charger as a whole. */
  readonly evseId?: number | undefined;
  readonly connectorId?: number | undefined;
  readonly variable: string;
  readonly variableInstance?: string | undefined;
  readonly type: Setting["type"] | "decimal";
  readonly access: Setting["access"];
  readonly unit?: string | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly values?: readonly string[] | undefined;
  /** It can change by itself, so that it can be monitored. */
  readonly isSensed: boolean;
  /** What can be set is a setting. */
  readonly setting?: Setting | undefined;
  readonly read: (station: Station) => string;
}

type Rest = Partial<ComponentVariable>;

function row(
  component: string,
  variable: string,
  type: ComponentVariable["type"],
  read: ComponentVariable["read"],
  rest: Rest = {},
): ComponentVariable {
  return { component, variable, type, read, access: "ReadOnly", isSensed: false, ...rest };
}

const settings: readonly ComponentVariable[] = settingRows.flatMap((one) => {
  if (one.at === null) return [];
  const [component, variable, variableInstance] = one.at;
  return [{
    component,
    variable,
    variableInstance,
    type: one.type,
    access: one.access,
    unit: one.unit,
    min: one.min,
    max: one.max,
    values: one.values,
    isSensed: false,
    setting: one,
    read: (station: Station): string => setting(station, one.name),
  }];
});

const always = (value: string) => (): string => value;

const whole: readonly ComponentVariable[] = [
  row("ChargingStation", "Model", "string", ({ nameplate }) => nameplate.model),
  row("ChargingStation", "VendorName", "string", ({ nameplate }) => nameplate.vendor),
  row("ChargingStation", "SerialNumber", "string", ({ nameplate }) => nameplate.serialNumber),
  row("ChargingStation", "Available", "boolean", always("true")),
  row(
    "ChargingStation",
    "Problem",
    "boolean",
    (station) => String(station.charger.outlets.some(isBroken)),
    {
      isSensed: true,
    },
  ),
  row("ChargingStation", "AvailabilityState", "OptionList", always("Available"), {
    values: ["Available", "Occupied", "Reserved", "Unavailable", "Faulted"],
  }),
  row("ChargingStation", "SupplyPhases", "integer", always("3")),
  row("Controller", "FirmwareVersion", "string", ({ nameplate }) => nameplate.firmwareVersion),
  row("Controller", "Active", "boolean", always("true")),
  row("TemperatureSensor", "Temperature", "decimal", sensed("cabinet", 24), {
    componentInstance: "cabinet",
    unit: "Celsius",
    min: -40,
    max: 90,
    isSensed: true,
  }),
  row("TemperatureSensor", "Active", "boolean", always("true"), { componentInstance: "cabinet" }),
  row("ReservationCtrlr", "Available", "boolean", always("true")),
  row("SmartChargingCtrlr", "Available", "boolean", always("true")),
  row("LocalAuthListCtrlr", "Available", "boolean", always("true")),
  row("DisplayMessageCtrlr", "Available", "boolean", always("true")),
  row("MonitoringCtrlr", "Available", "boolean", always("true")),
  row("TariffCostCtrlr", "Available", "boolean", always("true"), { variableInstance: "Cost" }),
];

function isBroken({ state }: Outlet): boolean {
  return state === "Faulted";
}

/** A reading that nobody feels is what it usually is. */
function sensed(place: string, usual: number): ComponentVariable["read"] {
  return (station) => String(station.charger.temperatures?.get(place) ?? usual);
}

function ofEvse(evseId: number): readonly ComponentVariable[] {
  const at = { evseId } as const;
  const connector = { evseId, connectorId: 1 } as const;
  const outletOf = (station: Station): Outlet | undefined => station.charger.outlet(evseId);
  const stateOf = (station: Station): string => {
    const outlet = outletOf(station);
    return outlet === undefined ? "Unavailable" : station.dialect.statusWord(outlet.state);
  };
  const states = ["Available", "Occupied", "Reserved", "Unavailable", "Faulted"];
  return [
    row("EVSE", "Available", "boolean", always("true"), at),
    row("EVSE", "AllowReset", "boolean", always("true"), at),
    row("EVSE", "SupplyPhases", "integer", always("3"), at),
    row("EVSE", "AvailabilityState", "OptionList", stateOf, {
      ...at,
      values: states,
      isSensed: true,
    }),
    row("EVSE", "Power", "decimal", (one) => String(outletOf(one)?.reading().powerW ?? 0), {
      ...at,
      unit: "W",
      min: 0,
      max: 400_000,
      isSensed: true,
    }),
    row("Connector", "Available", "boolean", always("true"), connector),
    row("Connector", "ConnectorType", "string", always("cCCS2"), connector),
    row("Connector", "SupplyPhases", "integer", always("3"), connector),
    row("Connector", "AvailabilityState", "OptionList", stateOf, {
      ...connector,
      values: states,
      isSensed: true,
    }),
    row("TemperatureSensor", "Temperature", "decimal", sensed(`evse ${evseId}`, 22), {
      ...at,
      unit: "Celsius",
      min: -40,
      max: 120,
      isSensed: true,
    }),
  ];
}

const trees = new Map<number, readonly ComponentVariable[]>();

/** All variables of a charger with so many EVSEs; the same list for each such charger. */
export function componentTree(evses: number): readonly ComponentVariable[] {
  const known = trees.get(evses);
  if (known !== undefined) return known;
  const each = Array.from({ length: evses }, (_, index) => ofEvse(index + 1)).flat();
  const tree = [...whole, ...settings, ...each];
  trees.set(evses, tree);
  return tree;
}
