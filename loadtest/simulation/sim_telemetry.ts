import type {
  CounterMetric,
  GaugeMetric,
  HistogramMetric,
  LogLevel,
  Telemetry,
} from "#engine/telemetry.ts";

type Metric = CounterMetric & GaugeMetric & HistogramMetric;

const metric: Metric = { add: () => {}, set: () => {}, observe: () => {}, with: () => metric };

/** Lines kept for the report of a failure. */
const LINES_MAX = 400;

/** Counts nothing; keeps the last log lines, for whoever looks into a failing seed. */
export class SimTelemetry implements Telemetry {
  readonly lines: string[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  counter(): CounterMetric {
    return metric;
  }

  gauge(): GaugeMetric {
    return metric;
  }

  watch(): void {}

  histogram(): HistogramMetric {
    return metric;
  }

  log(level: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.note(`${level} ${message}`, fields);
  }

  /** One line about what happened in the simulation. */
  note(what: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (this.lines.length >= 2 * LINES_MAX) this.lines.splice(0, LINES_MAX);
    const rest = Object.entries(fields).map(([name, value]) =>
      ` ${name}=${value instanceof Error ? `${value.stack}` : JSON.stringify(value)}`
    );
    this.lines.push(`${this.#now().toFixed(0)} ${what}${rest.join("")}`);
  }

  setLogLevel(level: LogLevel): LogLevel {
    return level;
  }

  value(): number {
    return 0;
  }

  total(): number {
    return 0;
  }

  quantile(): undefined {}

  metricsText(): Promise<string> {
    return Promise.resolve("");
  }
}
