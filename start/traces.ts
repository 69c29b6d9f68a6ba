import { otlpTraces, readOtlpHeaders, withoutCredentials } from "#engine/adapters/otlp_traces.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Random } from "#engine/ports/random.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { Tracer } from "#engine/tracing.ts";
import type { Part } from "./part.ts";

export interface TraceConfig {
  readonly otelExporterOtlpEndpoint?: string | undefined;
  readonly otelExporterOtlpHeaders?: string | undefined;
  readonly otelTracesSamplerArg?: number | undefined;
}

export interface TraceParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly role: string;
  readonly id: string;
}

const RATIO = 0.1;

/** A tracer that sends to the collector; undefined when there is none. */
export function tracesOf(
  config: TraceConfig,
  { clock, random, telemetry, role, id }: TraceParts,
): Part & { readonly tracer: Tracer } | undefined {
  if (config.otelExporterOtlpEndpoint === undefined) return undefined;
  const { endpoint, headers } = withoutCredentials(config.otelExporterOtlpEndpoint);
  const sink = otlpTraces({
    endpoint,
    headers: { ...headers, ...readOtlpHeaders(config.otelExporterOtlpHeaders ?? "") },
    resource: { "service.name": `statewatt-${role}`, "service.instance.id": id },
    ...{ clock, telemetry },
  });
  const ratio = config.otelTracesSamplerArg ?? RATIO;
  return { tracer: new Tracer({ clock, random, sink, ratio }), close: () => sink.close() };
}
