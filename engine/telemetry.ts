/**
 * What a process tells about itself: metrics for `/metrics` and structured log lines. Made once in
 * a `main.ts` and passed on. Names start with `statewatt_`, durations are in seconds.
 */
import process from "node:process";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "./ports/clock.ts";
import { RecentQuantiles } from "./recent_quantiles.ts";

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
  /** The least serious lines that are written from now on; returns what it was before. */
  setLogLevel(level: LogLevel): LogLevel;
  /** The value of a counter or gauge, 0 when it has none. */
  value(name: string, ...labels: readonly string[]): number;
  /** The sum over all labels of a counter or gauge; of a histogram, how often it observed. */
  total(name: string): number;
  /**
   * Of a histogram: the value below which this share (0 to 1) of the last minute's observations
   * lies; undefined when there was none.
   */
  quantile(name: string, share: number): number | undefined;
  /** Prometheus text format. */
  metricsText(): Promise<string>;
}

export interface TelemetryOptions {
  readonly clock: Clock;
  /** The role of this process, in every log line and as a metric label. */
  readonly process: string;
  /** Of this process among all; in every line of the JSON log. */
  readonly id?: string;
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
  const lines = new Lines(options);
  const cells = new Map<string, Cell>();
  const histograms = new Map<string, { metric: HistogramMetric; recent: RecentQuantiles }>();
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
      if (known !== undefined) return known.metric;
      const recent = new RecentQuantiles(buckets, options.clock);
      const about = { name: checkedName(name), help, labels, buckets };
      const metric = exposeHistogram(registry, about, recent);
      histograms.set(name, { metric, recent });
      return metric;
    },
    log: (level, message, fields) => lines.log(level, message, fields),
    setLogLevel: (level) => lines.setLeast(level),
    value: (name, ...labels) => cells.get(name)?.peek(labels) ?? 0,
    total: (name) => cells.get(name)?.total() ?? histograms.get(name)?.recent.total ?? 0,
    quantile: (name, share) => histograms.get(name)?.recent.at(share),
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

  total(): number {
    if (this.labels.length === 0) return this.peek([]);
    let sum = 0;
    for (const child of this.children.values()) sum += child.amount;
    return sum;
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
  recent: RecentQuantiles,
): HistogramMetric {
  const settings = { name, help, labelNames: [...labels], buckets: [...buckets] };
  const histogram = new Histogram({ ...settings, registers: [registry] });
  const children = new Map<string, HistogramMetric>();
  const root: HistogramMetric = {
    observe: (value) => {
      histogram.observe(value);
      recent.add(value);
    },
    with: (...values) => {
      if (values.length === 0) return root;
      const key = values.join("\n");
      const known = children.get(key);
      if (known !== undefined) return known;
      const bound = histogram.labels(...values);
      const child: HistogramMetric = {
        observe: (value) => {
          bound.observe(value);
          recent.add(value);
        },
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

/** Writes the log. */
class Lines {
  readonly #options: TelemetryOptions;
  readonly #write: (line: string) => void;
  #least: LogLevel;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#write = options.write ?? ((line): void => void process.stderr.write(`${line}\n`));
    this.#least = options.logLevel ?? "info";
  }

  setLeast(level: LogLevel): LogLevel {
    const before = this.#least;
    this.#least = level;
    return before;
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (logLevels.indexOf(level) < logLevels.indexOf(this.#least)) return;
    const { clock, process: role, id, logFormat } = this.#options;
    const at = toTimestamp(clock.now());
    const plain = Object.entries(fields).map(([name, value]) => [name, loggable(value)] as const);
    if (logFormat === "json") {
      const own = id === undefined ? {} : { id, pid: process.pid };
      const line: Record<string, unknown> = { at, level, process: role, ...own, message };
      for (const [name, value] of plain) line[name in line ? `field.${name}` : name] = value;
      this.#write(JSON.stringify(line));
      return;
    }
    const rest = plain.map(([name, value]) =>
      ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
    ).join("");
    this.#write(`${at} ${level.padEnd(5)} ${role} ${message}${rest}`);
  }
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
