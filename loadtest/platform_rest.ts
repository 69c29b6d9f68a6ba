/**
 * The platform's REST as the load tools use it: an outside client of design section 10, nothing
 * more.
 */

export interface ImportedStation {
  readonly id: string;
  readonly securityProfile: 0 | 1;
  readonly quiet: boolean;
  readonly locationId?: string;
  readonly tags?: readonly string[];
  readonly password?: string;
  readonly heartbeatIntervalSeconds?: number;
}

export interface ImportedToken {
  readonly uid: string;
  readonly status: "Accepted" | "Blocked" | "Expired" | "Invalid";
  readonly concurrentSessions?: number;
}

export interface SessionView {
  readonly id: string;
  readonly stationId: string;
  readonly evseId: number | null;
  readonly token: { readonly uid: string; readonly type: string } | null;
  readonly transactionId: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly meterStartWh: number;
  readonly meterStopWh: number | null;
  readonly energyWh: number;
  readonly stopReason: string | null;
  readonly status: "open" | "closed";
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

const IMPORT_ROWS = 2_000;
const CALL_MS_MAX = 60_000;

export class PlatformRest {
  readonly #httpUrl: string;
  readonly #key: string;

  constructor(httpUrl: string, operatorKey: string) {
    this.#httpUrl = httpUrl.replace(/\/$/, "");
    this.#key = operatorKey;
  }

  importStations(stations: readonly ImportedStation[]): Promise<void> {
    return this.#import("/api/v1/stations/import", stations);
  }

  importTokens(tokens: readonly ImportedToken[]): Promise<void> {
    return this.#import("/api/v1/tokens/import", tokens);
  }

  /** All items of a list, page by page. `query` holds filters, for example `stationId=CP1`. */
  async list<Item>(path: string, query = ""): Promise<readonly Item[]> {
    const items: Item[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const after: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      // deno-lint-ignore no-await-in-loop -- the next page's cursor is in this one
      const page: Page<Item> = await this.json("GET", `${path}?limit=1000&${query}${after}`);
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }

  /**
   * One request with a JSON answer.
   * Rejects when the answer is no success, with its status and the problem's detail.
   */
  async json<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await this.request(method, path, {
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), contentType: "application/json" }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`Cannot ${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
    }
    return text === "" ? undefined as Answer : JSON.parse(text);
  }

  request(
    method: string,
    path: string,
    content: {
      readonly body?: string;
      readonly contentType?: string;
      readonly idempotencyKey?: string;
    } = {},
  ): Promise<Response> {
    return fetch(`${this.#httpUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(content.contentType === undefined ? {} : { "content-type": content.contentType }),
        ...(content.idempotencyKey === undefined
          ? {}
          : { "idempotency-key": content.idempotencyKey }),
      },
      ...(content.body === undefined ? {} : { body: content.body }),
      signal: AbortSignal.timeout(CALL_MS_MAX),
    });
  }

  async #import(path: string, rows: readonly unknown[]): Promise<void> {
    for (let start = 0; start < rows.length; start += IMPORT_ROWS) {
      const lines = rows.slice(start, start + IMPORT_ROWS).map((row) => JSON.stringify(row));
      // deno-lint-ignore no-await-in-loop -- one import at a time is what an operator does
      const response = await this.request("POST", path, {
        body: lines.join("\n") + "\n",
        contentType: "application/x-ndjson",
      });
      // deno-lint-ignore no-await-in-loop
      const text = await response.text();
      const told = response.ok ? JSON.parse(text) : undefined;
      if (told === undefined || told.failed > 0) {
        throw new Error(`Cannot import ${path}: ${response.status} ${text.slice(0, 300)}`);
      }
    }
  }
}
