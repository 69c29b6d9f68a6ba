/**
 * What a process tells about itself: metrics for `/metrics` and structured log lines. Made once in
 * a `main.ts` and passed on. Names start with `statewatt_`, durations are in seconds.
 */
import process from "node:process";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "./ports/clock.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = typeof logLevels[number];
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Adds up. `with` gives the child of these label values, made once: keep it where speed matters.
 */
export interface CounterMetric {
  add(amount?: number): void;
  with(...labels: readonly string[]): CounterMetric;
}
export interface GaugeMetric {
  set(value: number): void;
  add(amount: number): void;
  with(...labels: readonly string[]): GaugeMetric;
}
export interface HistogramMetric {
  observe(value: number): void;
  with(...labels: readonly string[]): HistogramMetric;
}

/** Asking twice for a name gives the same metric. */
export interface Telemetry {
  counter(name: string, help: string, labels?: readonly string[]): CounterMetric;
  gauge(name: string, help: string, labels?: readonly string[]): GaugeMetric;
  /** A gauge whose value is read when somebody looks. */
  watch(name: string, help: string, read: () => number): void;
  /** `buckets`: upper bounds in rising order; default half a millisecond to 30 s. */
  histogram(
    name: string,
    help: string,
    buckets?: readonly number[],
    labels?: readonly string[],
  ): HistogramMetric;
  log(level: LogLevel, message: string, fields?: LogFields): void;
  /** The value of a counter or gauge, 0 when it has none. */
  value(name: string, ...labels: readonly string[]): number;
  /** Prometheus text format. */
  metricsText(): Promise<string>;
}

export interface TelemetryOptions {
  readonly clock: Clock;
  /** Which process this is, in every log line and as a metric label. */
  readonly process: string;
  readonly logLevel?: LogLevel;
  readonly logFormat?: "json" | "text";
  readonly write?: (line: string) => void;
  /** Adds memory, CPU and garbage collection of the process. */
  readonly processMetrics?: boolean;
}

/** Half a millisecond (a commit on a fast disk) to the longest deadline in use. */
const bucketsDefault = [
  ...[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25],
  ...[0.5, 1, 2.5, 5, 10, 30],
];

const namePattern = /^statewatt_[a-z0-9_]+$/;

export function createTelemetry(options: TelemetryOptions): Telemetry {
  const registry = new Registry();
  registry.setDefaultLabels({ process: options.process });
  if (options.processMetrics ?? true) {
    collectDefaultMetrics({ register: registry, prefix: "statewatt_" });
  }
  const log = logger(options);
  const cells = new Map<string, Cell>();
  const histograms = new Map<string, HistogramMetric>();
  const cell = (name: string, help: string, labels: readonly string[], type: CellType): Cell => {
    const known = cells.get(name);
    if (known !== undefined) return known;
    const made = new Cell(labels);
    cells.set(name, made);
    expose(registry, { name: checkedName(name), help, labels, type }, made);
    return made;
  };
  return {
    counter: (name, help, labels = []) => cell(name, help, labels, "counter"),
    gauge: (name, help, labels = []) => cell(name, help, labels, "gauge"),
    watch: (name, help, read) => {
      cell(name, help, [], "gauge").read = read;
    },
    histogram: (name, help, buckets = bucketsDefault, labels = []) => {
      const known = histograms.get(name);
      if (known !== undefined) return known;
      const made = exposeHistogram(registry, { name: checkedName(name), help, labels, buckets });
      histograms.set(name, made);
      return made;
    },
    log,
    value: (name, ...labels) => cells.get(name)?.peek(labels) ?? 0,
    metricsText: () => registry.metrics(),
  };
}

/** Counts as usual and writes no log: for tests. */
export function silentTelemetry(clock: Clock): Telemetry {
  const write = (): void => {};
  return createTelemetry({ clock, process: "test", write, processMetrics: false });
}

/** How late timers ring: the first sign of a process that has too much to do. */
export function watchLoopLag(telemetry: Telemetry, clock: Clock): () => void {
  const periodMs = 100;
  const lag = telemetry.histogram("statewatt_loop_lag_seconds", "How late a timer rang");
  let worst = 0;
  telemetry.watch("statewatt_loop_lag_max_seconds", "Worst lag since the last look", () => {
    const seen = worst;
    worst = 0;
    return seen;
  });
  let cancel = (): void => {};
  const arm = (): void => {
    const armedAt = clock.monotonic();
    cancel = clock.schedule(periodMs, () => {
      const lateSeconds = Math.max(0, clock.monotonic() - armedAt - periodMs) / 1_000;
      lag.observe(lateSeconds);
      worst = Math.max(worst, lateSeconds);
      arm();
    });
  };
  arm();
  return () => cancel();
}

type CellType = "counter" | "gauge";

/** A plain number per set of label values; the registry copies it when somebody looks. */
class Cell implements CounterMetric, GaugeMetric {
  amount = 0;
  read: (() => number) | undefined;
  readonly labels: readonly string[];
  readonly children = new Map<string, Cell>();

  constructor(labels: readonly string[]) {
    this.labels = labels;
  }

  add(amount = 1): void {
    this.amount += amount;
  }

  set(value: number): void {
    this.amount = value;
  }

  with(...values: readonly string[]): Cell {
    if (values.length !== this.labels.length) {
      throw new TypeError(
        `Cannot label a metric: ${values.length} of ${this.labels.length} labels`,
      );
    }
    if (values.length === 0) return this;
    const key = values.join("\n");
    let child = this.children.get(key);
    if (child === undefined) {
      child = new Cell([]);
      this.children.set(key, child);
    }
    return child;
  }

  peek(values: readonly string[]): number {
    if (values.length === 0) return this.read?.() ?? this.amount;
    return this.children.get(values.join("\n"))?.amount ?? 0;
  }
}

interface Exposed {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

function expose(
  registry: Registry,
  about: Exposed & { readonly type: CellType },
  cell: Cell,
): void {
  const { name, help, labels, type } = about;
  const settings = { name, help, labelNames: [...labels], registers: [registry] };
  const copy = (put: (labels: Record<string, string>, amount: number) => void): void => {
    if (labels.length === 0) put({}, cell.peek([]));
    for (const [key, child] of cell.children) put(labelled(labels, key), child.amount);
  };
  if (type === "counter") {
    const counter: Counter = new Counter({
      ...settings,
      collect: () => {
        counter.reset();
        copy((values, amount) => counter.inc(values, amount));
      },
    });
    return;
  }
  const gauge: Gauge = new Gauge({
    ...settings,
    collect: () => copy((values, amount) => gauge.set(values, amount)),
  });
}

function labelled(labels: readonly string[], key: string): Record<string, string> {
  const values = key.split("\n");
  return Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ""]));
}

function exposeHistogram(
  registry: Registry,
  { name, help, labels, buckets }: Exposed & { readonly buckets: readonly number[] },
): HistogramMetric {
  const settings = { name, help, labelNames: [...labels], buckets: [...buckets] };
  const histogram = new Histogram({ ...settings, registers: [registry] });
  const children = new Map<string, HistogramMetric>();
  const root: HistogramMetric = {
    observe: (value) => histogram.observe(value),
    with: (...values) => {
      if (values.length === 0) return root;
      const key = values.join("\n");
      const known = children.get(key);
      if (known !== undefined) return known;
      const bound = histogram.labels(...values);
      const child: HistogramMetric = {
        observe: (value) => bound.observe(value),
        with: () => child,
      };
      children.set(key, child);
      return child;
    },
  };
  return root;
}

function checkedName(name: string): string {
  if (!namePattern.test(name)) throw new TypeError(`Cannot add the metric: its name is "${name}"`);
  return name;
}

function logger(options: TelemetryOptions): Telemetry["log"] {
  const least = logLevels.indexOf(options.logLevel ?? "info");
  const write = options.write ?? ((line: string): void => void process.stderr.write(`${line}\n`));
  const isJson = options.logFormat === "json";
  return (level, message, fields = {}) => {
    if (logLevels.indexOf(level) < least) return;
    const at = toTimestamp(options.clock.now());
    const plain = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, loggable(value)]),
    );
    if (isJson) {
      write(JSON.stringify({ at, level, process: options.process, message, ...plain }));
      return;
    }
    const rest = Object.entries(plain).map(([name, value]) =>
      ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
    ).join("");
    write(`${at} ${level.padEnd(5)} ${options.process} ${message}${rest}`);
  };
}

/** Errors have no enumerable fields and would be logged as `{}`. */
function loggable(value: unknown): unknown {
  if (value instanceof Error) {
    const cause = value.cause === undefined ? "" : ` (${String(loggable(value.cause))})`;
    return `${value.name}: ${value.message}${cause}`;
  }
  return typeof value === "bigint" ? value.toString() : value;
}

function toTimestamp(instant: number): string {
  return new Date(instant).toISOString();
}
