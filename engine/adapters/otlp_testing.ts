/** A collector of OpenTelemetry for tests: takes OTLP over HTTP as JSON on a port of its own. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { SpanAttributes } from "../ports/spans.ts";

export interface OtlpRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: OtlpBody;
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, string | number | boolean>>;
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
}

/** A span as it arrived, with the process that sent it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  /** `service.name` of the sender. */
  readonly process: string;
  /** Wall-clock ms. */
  readonly startAt: number;
  readonly endAt: number;
  readonly attributes: SpanAttributes;
}

const PATIENCE_MS = 15_000;

export class OtlpReceiver {
  readonly requests: OtlpRequest[] = [];
  status = 200;
  readonly #server: Server;
  readonly #watchers = new Set<() => void>();
  #held: ServerResponse[] | undefined;

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  private constructor() {
    this.#server = createServer((incoming, outgoing) => void this.#take(incoming, outgoing));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get received(): readonly ReceivedSpan[] {
    return this.requests.flatMap(({ body }) =>
      body.resourceSpans.flatMap(({ resource, scopeSpans }) => {
        const process = String(attributesOf(resource.attributes)["service.name"]);
        return scopeSpans.flatMap(({ spans }) => spans.map((span) => receivedSpan(span, process)));
      })
    );
  }

  /** Requests are not answered until `release`. */
  hold(): void {
    this.#held = [];
  }

  release(): void {
    for (const outgoing of this.#held ?? []) outgoing.writeHead(this.status).end();
    this.#held = undefined;
  }

  /** Resolves when so many requests have arrived. */
  arrived(requests: number): Promise<void> {
    return this.until(() => this.requests.length >= requests, `${requests} requests`);
  }

  /** Resolves when so many spans have arrived. */
  spans(count: number): Promise<void> {
    return this.until(() => this.received.length >= count, `${count} spans`);
  }

  until(isTrue: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`Cannot see ${what}: ${this.received.length} spans came`));
      }, PATIENCE_MS);
      const look = (): void => {
        if (!isTrue()) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    this.release();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of incoming.setEncoding("utf8")) text += chunk;
    const { url: path = "", headers } = incoming;
    this.requests.push({ path, headers, body: JSON.parse(text) as OtlpBody });
    for (const look of [...this.#watchers]) look();
    if (this.#held === undefined) outgoing.writeHead(this.status).end();
    else this.#held.push(outgoing);
  }
}

function receivedSpan(span: OtlpSpan, process: string): ReceivedSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentId: span.parentSpanId,
    name: span.name,
    process,
    startAt: Number(span.startTimeUnixNano) / 1e6,
    endAt: Number(span.endTimeUnixNano) / 1e6,
    attributes: attributesOf(span.attributes),
  };
}

function attributesOf(list: readonly OtlpAttribute[]): SpanAttributes {
  return Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0] ?? ""]));
}
