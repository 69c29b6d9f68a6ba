import type { CounterMetric, GaugeMetric, Telemetry } from "./telemetry.ts";

/** What a host tells about itself. */
export interface HostCounts {
  readonly withheld: CounterMetric;
  readonly quarantined: CounterMetric;
  readonly partitions: GaugeMetric;
  readonly alarms: GaugeMetric;
  readonly outbox: GaugeMetric;
}

export function hostCounts(telemetry: Telemetry): HostCounts {
  return {
    withheld: telemetry.counter(
      "statewatt_answers_withheld_total",
      "Answers not given, by cause",
      ["cause"],
    ),
    quarantined: telemetry.counter(
      "statewatt_events_quarantined_total",
      "Events set aside because a chart threw on them",
    ),
    partitions: telemetry.gauge("statewatt_partitions", "Partitions of actors in memory"),
    alarms: telemetry.gauge("statewatt_alarms_armed", "Durable alarms that are armed"),
    outbox: telemetry.gauge("statewatt_outbox_waiting", "Tells not acknowledged yet"),
  };
}
