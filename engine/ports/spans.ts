/** One span of a trace, as OpenTelemetry means it. */
export interface Span {
  /** 32 and 16 hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined: the root of its trace. */
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  /** Wall-clock time in ms, with fractions. */
  readonly startAt: number;
  readonly endAt: number;
  readonly attributes: SpanAttributes;
  /** Why it failed; undefined: it did not. */
  readonly error: string | undefined;
}

/** Who waits: a server answers a caller, a client waits for a server, a consumer takes messages. */
export type SpanKind = "internal" | "server" | "client" | "consumer";
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Takes ended spans. Never throws, never waits, and drops what is too much. */
export interface SpanSink {
  add(spans: readonly Span[]): void;
}
