/** Monitors and their events (OCPP 2.0.1 Part 2, N). */
import { type ChargerBlock, Part, Refusal } from "../block.ts";
import {
  fieldOf,
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
import type { ComponentVariable } from "./component_tree.ts";
import { reading } from "./device_model.ts";
import { MonitorMemory, type MonitorType, monitorTypes, type Verdict } from "./monitors.ts";
import { keepSetting, setting } from "./settings.ts";
import { componentOf, findVariable, isMeant, variableOf } from "./variable_names.ts";

interface Monitor {
  readonly id: number;
  readonly row: ComponentVariable;
  readonly type: MonitorType;
  readonly value: number;
  readonly severity: number;
  readonly isOfTransaction: boolean;
  readonly origin: "HardWiredMonitor" | "PreconfiguredMonitor" | "CustomMonitor";
  readonly memory: MonitorMemory;
  readonly cancel: () => void;
}

type Wanted = Pick<Monitor, "row" | "type" | "value" | "severity" | "isOfTransaction" | "origin">;

const MONITORS_PER_VARIABLE = 6;
const MONITORS_PER_REPORT = 5;
const SEVERITY_MAX = 9;

class Monitoring {
  readonly #station: Station;
  readonly #monitors = new Map<number, Monitor>();
  #lastId = 0;
  #lastEvent = 0;
  #level = SEVERITY_MAX;

  constructor(station: Station) {
    this.#station = station;
    this.#factory(true);
  }

  get all(): readonly Monitor[] {
    return [...this.#monitors.values()];
  }

  set level(severity: number) {
    this.#level = severity;
    keepSetting(this.#station, "ActiveMonitoringLevel", String(severity));
  }

  /** `id`: replaces that monitor. */
  set(wanted: Wanted, id: number | undefined): number | "Rejected" | "Duplicate" {
    const { row, type, severity } = wanted;
    if (id !== undefined && this.#monitors.get(id)?.origin !== "CustomMonitor") return "Rejected";
    const others = this.all.filter((one) => one.row === row && one.id !== id);
    if (others.some((one) => one.type === type && one.severity === severity)) return "Duplicate";
    if (others.length >= MONITORS_PER_VARIABLE) return "Rejected";
    if (id !== undefined) this.#monitors.get(id)?.cancel();
    return this.#add(wanted, id);
  }

  clear(id: number): "Accepted" | "Rejected" | "NotFound" {
    const monitor = this.#monitors.get(id);
    if (monitor === undefined) return "NotFound";
    if (monitor.origin === "HardWiredMonitor") return "Rejected";
    monitor.cancel();
    this.#monitors.delete(id);
    return "Accepted";
  }

  setBase(base: string): void {
    const kept = base === "All" ? ["CustomMonitor", "PreconfiguredMonitor", "HardWiredMonitor"] : [
      ...(base === "FactoryDefault" ? ["PreconfiguredMonitor"] : []),
      "HardWiredMonitor",
    ];
    for (const { id, origin, cancel } of this.all) {
      if (kept.includes(origin)) continue;
      cancel();
      this.#monitors.delete(id);
    }
    const hasFactory = this.all.some(({ origin }) => origin === "PreconfiguredMonitor");
    if (base !== "HardWiredOnly" && !hasFactory) this.#factory(false);
    keepSetting(this.#station, "ActiveMonitoringBase", base);
  }

  /** Something may have changed. */
  look(): void {
    for (const monitor of this.all) {
      const value = reading(this.#station, monitor.row);
      const verdict = monitor.memory.see(monitor.type, monitor.value, value);
      if (verdict !== undefined) this.#notify(monitor, verdict);
    }
  }

  /** What every such charger watches, wired or set by its maker. */
  #factory(withHardWired: boolean): void {
    const problem = this.#find("ChargingStation", "Problem");
    const heat = this.#find("TemperatureSensor", "Temperature", "cabinet");
    const common = { isOfTransaction: false } as const;
    if (withHardWired && problem !== undefined) {
      const origin = "HardWiredMonitor";
      this.#add({ ...common, row: problem, type: "Delta", value: 1, severity: 2, origin });
    }
    if (heat !== undefined) {
      const origin = "PreconfiguredMonitor";
      this.#add({ ...common, row: heat, type: "UpperThreshold", value: 70, severity: 4, origin });
    }
  }

  #find(component: string, variable: string, instance?: string): ComponentVariable | undefined {
    const found = findVariable(this.#station, {
      component: present({ name: component, instance }),
      variable: { name: variable },
    });
    return typeof found === "string" ? undefined : found;
  }

  #add(wanted: Wanted, id = ++this.#lastId): number {
    const memory = new MonitorMemory(reading(this.#station, wanted.row));
    const timer = { cancel: (): void => {} };
    const monitor = { ...wanted, id, memory, cancel: () => timer.cancel() };
    this.#monitors.set(id, monitor);
    if (wanted.type === "Periodic" || wanted.type === "PeriodicClockAligned") {
      this.#ring(monitor, timer);
    }
    return id;
  }

  #ring(monitor: Monitor, timer: { cancel: () => void }): void {
    const everyMs = Math.max(1, monitor.value) * 1_000;
    const pastMs = monitor.type === "Periodic" ? 0 : this.#station.now() % everyMs;
    timer.cancel = this.#station.after(everyMs - pastMs, () => {
      this.#notify(monitor, { trigger: "Periodic", isCleared: false });
      this.#ring(monitor, timer);
    });
  }

  #notify(monitor: Monitor, { trigger, isCleared }: Verdict): void {
    if (monitor.severity > this.#level) return;
    const at = instantText(this.#station.now());
    const transaction = this.#station.charger.outlet(monitor.row.evseId ?? 0)?.transaction;
    if (monitor.isOfTransaction && transaction === undefined) return;
    this.#station.report({
      action: "NotifyEvent",
      payload: {
        generatedAt: at,
        tbc: false,
        seqNo: 0,
        eventData: [
          present({
            eventId: ++this.#lastEvent,
            timestamp: at,
            trigger,
            actualValue: monitor.row.read(this.#station),
            cleared: isCleared ? true : undefined,
            transactionId: transaction?.wireId,
            component: componentOf(monitor.row),
            variableMonitoringId: monitor.id,
            eventNotificationType: monitor.origin,
            variable: variableOf(monitor.row),
          }),
        ],
      },
    });
  }
}

export const monitoring = new Part((station) => new Monitoring(station));

function setMonitors(station: Station, payload: Payload): Payload | Refusal {
  const asked = listField(payload, "setMonitoringData");
  if (asked.length > Number(setting(station, "ItemsPerSetMonitoring"))) {
    return new Refusal("OccurrenceConstraintViolation");
  }
  return { setMonitoringResult: asked.map((one) => setMonitor(station, one)) };
}

function setMonitor(station: Station, asked: Payload): Payload {
  const verdict = verdictOf(station, asked);
  return present({
    id: typeof verdict === "number" ? verdict : undefined,
    status: typeof verdict === "number" ? "Accepted" : verdict,
    type: asked["type"],
    component: asked["component"],
    variable: asked["variable"],
    severity: asked["severity"],
  });
}

function verdictOf(station: Station, asked: Payload): number | string {
  const row = findVariable(station, asked);
  if (typeof row === "string") return row;
  const type = monitorTypes.find((word) => word === asked["type"]);
  const isNumber = row.type === "decimal" || row.type === "integer";
  const isThreshold = type === "UpperThreshold" || type === "LowerThreshold";
  if (type === undefined || !row.isSensed || (isThreshold && !isNumber)) {
    return "UnsupportedMonitorType";
  }
  const value = numberField(asked, "value") ?? 0;
  const isOutside = isThreshold &&
    (value < (row.min ?? -Infinity) || value > (row.max ?? Infinity));
  if (isOutside || (!isThreshold && value < 0)) return "Rejected";
  const wanted = {
    row,
    type,
    value,
    severity: numberField(asked, "severity") ?? 0,
    isOfTransaction: fieldOf(asked, "transaction") === true,
    origin: "CustomMonitor",
  } as const;
  return monitoring.of(station).set(wanted, numberField(asked, "id"));
}

function clearMonitors(station: Station, payload: Payload): Payload | Refusal {
  const ids = textsField(payload, "id").map(Number);
  if (ids.length > Number(setting(station, "ItemsPerClearMonitoring"))) {
    return new Refusal("OccurrenceConstraintViolation");
  }
  return {
    clearMonitoringResult: ids.map((id) => ({ status: monitoring.of(station).clear(id), id })),
  };
}

const typesOfCriterion: Readonly<Record<string, readonly MonitorType[]>> = {
  ThresholdMonitoring: ["UpperThreshold", "LowerThreshold"],
  DeltaMonitoring: ["Delta"],
  PeriodicMonitoring: ["Periodic", "PeriodicClockAligned"],
};

function report(station: Station, payload: Payload): Payload {
  const asked = listField(payload, "componentVariable");
  const types = textsField(payload, "monitoringCriteria")
    .flatMap((word) => typesOfCriterion[word] ?? []);
  const found = monitoring.of(station).all.filter(({ row, type }) =>
    (asked.length === 0 || asked.some((one) => isMeant(row, one))) &&
    (types.length === 0 || types.includes(type))
  );
  if (found.length === 0) return { status: "EmptyResultSet" };
  const parts = partsOf([...Map.groupBy(found, ({ row }) => row)], MONITORS_PER_REPORT);
  for (const [seqNo, part] of parts.entries()) {
    station.reply({
      action: "NotifyMonitoringReport",
      payload: {
        monitor: part.map(([row, monitors]) => ({
          component: componentOf(row),
          variable: variableOf(row),
          variableMonitoring: monitors.map(({ id, isOfTransaction, value, type, severity }) => ({
            id,
            transaction: isOfTransaction,
            value,
            type,
            severity,
          })),
        })),
        requestId: numberField(payload, "requestId"),
        tbc: seqNo < parts.length - 1,
        seqNo,
        generatedAt: instantText(station.now()),
      },
    });
  }
  return { status: "Accepted" };
}

export const monitoringBlock: ChargerBlock = {
  answers2x: {
    SetVariableMonitoring: setMonitors,
    ClearVariableMonitoring: clearMonitors,
    SetMonitoringBase: (station, payload) => {
      monitoring.of(station).setBase(textField(payload, "monitoringBase") ?? "All");
      return { status: "Accepted" };
    },
    SetMonitoringLevel: (station, payload) => {
      const severity = numberField(payload, "severity") ?? -1;
      if (severity < 0 || severity > SEVERITY_MAX) return { status: "Rejected" };
      monitoring.of(station).level = severity;
      return { status: "Accepted" };
    },
    GetMonitoringReport: report,
  },
  felt: (station) => monitoring.ifMade(station)?.look(),
  changed: (station) => monitoring.ifMade(station)?.look(),
};
