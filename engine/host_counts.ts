import type { CounterMetric, Telemetry } from "./telemetry.ts";

/** What a host tells about itself. */
export interface HostCounts {
  readonly withheld: CounterMetric;
  readonly quarantined: CounterMetric;
  show(sizes: HostSizes): void;
}

export interface HostSizes {
  readonly partitions: number;
  readonly alarms: number;
  readonly outbox: number;
}

export function hostCounts(telemetry: Telemetry): HostCounts {
  const partitions = telemetry.gauge("statewatt_partitions", "Partitions of actors in memory");
  const alarms = telemetry.gauge("statewatt_alarms_armed", "Durable alarms that are armed");
  const outbox = telemetry.gauge("statewatt_outbox_waiting", "Tells not acknowledged yet");
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
    show: (sizes) => {
      partitions.set(sizes.partitions);
      alarms.set(sizes.alarms);
      outbox.set(sizes.outbox);
    },
  };
}
