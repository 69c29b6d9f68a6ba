/** Spans to an OpenTelemetry collector: OTLP over HTTP as JSON (ADR 11). */
import { Buffer } from "node:buffer";
import type { Clock } from "../ports/clock.ts";
import type { Span, SpanAttributes, SpanKind, SpanSink } from "../ports/spans.ts";
import type { CounterMetric, Telemetry } from "../telemetry.ts";

export interface OtlpOptions {
  /** Base of the collector, for example `http://collector:4318`; `/v1/traces` is added. */
  readonly endpoint: string;
  /** Sent with each request, for example a collector's key. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `service.name`, `service.instance.id` and what else names this process. */
  readonly resource: SpanAttributes;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface OtlpTraces extends SpanSink {
  /** Sends what is left, for two seconds at most. */
  close(): Promise<void>;
}

/** A message of a session is some ten spans of 400 bytes: this is some hundreds of messages. */
const WAITING_MAX = 4_096;
const BATCH_MAX = 512;
const SEND_EVERY_MS = 1_000;
const REQUEST_MS = 5_000;
const CLOSE_MS = 2_000;

const kinds: Readonly<Record<SpanKind, number>> = {
  internal: 1,
  server: 2,
  client: 3,
  consumer: 5,
};
const STATUS_ERROR = 2;

/**
 * Keeps ended spans until the next request. More than fit are dropped and counted, and so is a
 * batch that the collector does not take: traces are never worth a station's answer.
 */
export function otlpTraces(options: OtlpOptions): OtlpTraces {
  return new Exporter(options);
}

class Exporter implements OtlpTraces {
  readonly #options: OtlpOptions;
  readonly #url: string;
  readonly #dropped: CounterMetric;
  readonly #sent: CounterMetric;
  #waiting: Span[] = [];
  #sending: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor(options: OtlpOptions) {
    this.#options = options;
    this.#url = `${options.endpoint.replace(/\/+$/, "")}/v1/traces`;
    const { telemetry } = options;
    this.#sent = telemetry.counter("statewatt_spans_sent_total", "Spans that a collector took");
    this.#dropped = telemetry.counter(
      "statewatt_spans_dropped_total",
      "Spans that were dropped: too many at once, or not taken",
      ["reason"],
    );
  }

  add(spans: readonly Span[]): void {
    const room = this.#isClosed ? 0 : WAITING_MAX - this.#waiting.length;
    if (room < spans.length) this.#dropped.with("queue").add(spans.length);
    else this.#waiting.push(...spans);
    if (this.#waiting.length >= BATCH_MAX) void this.#send();
    else if (this.#waiting.length > 0) this.#sendLater();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    const deadline = AbortSignal.timeout(CLOSE_MS);
    await this.#sending;
    while (this.#waiting.length > 0 && !deadline.aborted) {
      // deno-lint-ignore no-await-in-loop -- one request at a time
      await this.#post(this.#waiting.splice(0, BATCH_MAX), deadline);
    }
    this.#dropped.with("queue").add(this.#waiting.splice(0).length);
  }

  #sendLater(): void {
    this.#cancel ??= this.#options.clock.schedule(SEND_EVERY_MS, () => {
      this.#cancel = undefined;
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    if (this.#sending !== undefined || this.#isClosed) return;
    this.#sending = this.#postFull();
    await this.#sending;
    this.#sending = undefined;
    if (this.#waiting.length > 0 && !this.#isClosed) this.#sendLater();
  }

  /** What waits, and what has filled a batch meanwhile. */
  async #postFull(): Promise<void> {
    do {
      const batch = this.#waiting.splice(0, BATCH_MAX);
      // deno-lint-ignore no-await-in-loop -- one request at a time
      await this.#post(batch, AbortSignal.timeout(REQUEST_MS));
    } while (this.#waiting.length >= BATCH_MAX && !this.#isClosed);
  }

  /** Never rejects. */
  async #post(batch: readonly Span[], signal: AbortSignal): Promise<void> {
    const { headers, resource } = this.#options;
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(exportRequest(batch, resource)),
        signal,
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`the collector answers ${response.status}`);
      this.#sent.add(batch.length);
      this.#isFailing = false;
    } catch (error) {
      this.#dropped.with("collector").add(batch.length);
      const level = this.#isFailing ? "debug" : "warn";
      this.#options.telemetry.log(level, "spans were not taken", { count: batch.length, error });
      this.#isFailing = true;
    }
  }
}

/** `ExportTraceServiceRequest` in OTLP's JSON form: ids in hex, instants as decimal texts. */
function exportRequest(spans: readonly Span[], resource: SpanAttributes): object {
  return {
    resourceSpans: [{
      resource: { attributes: attributeList(resource) },
      scopeSpans: [{ scope: { name: "statewatt" }, spans: spans.map(otlpSpan) }],
    }],
  };
}

function otlpSpan(span: Span): object {
  const { traceId, spanId, parentId, name, kind, startAt, endAt, attributes, error } = span;
  return {
    traceId,
    spanId,
    ...(parentId === undefined ? {} : { parentSpanId: parentId }),
    name,
    kind: kinds[kind],
    startTimeUnixNano: nanos(startAt),
    endTimeUnixNano: nanos(endAt),
    attributes: attributeList(attributes),
    ...(error === undefined ? {} : { status: { code: STATUS_ERROR, message: error } }),
  };
}

/** Nanoseconds since the epoch do not fit a number; microseconds do. */
function nanos(atMs: number): string {
  return `${Math.round(atMs * 1_000)}000`;
}

function attributeList(attributes: SpanAttributes): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** `key=value,key2=value2` with percent-encoded values, as OTEL_EXPORTER_OTLP_HEADERS has it. */
export function readOtlpHeaders(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(",").map((pair) => pair.trim()).filter((pair) => pair.includes("="));
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
  }));
}

/** Basic credentials of a collector's URL, which `fetch` refuses inside it. */
export function withoutCredentials(
  endpoint: string,
): { readonly endpoint: string; readonly headers: Readonly<Record<string, string>> } {
  const url = new URL(endpoint);
  if (url.username === "") return { endpoint, headers: {} };
  const words = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = "";
  url.password = "";
  const authorization = `Basic ${Buffer.from(words).toString("base64")}`;
  return { endpoint: url.href, headers: { authorization } };
}
