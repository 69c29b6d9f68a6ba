import type { Sql } from "postgres";
import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { type TokenRecord, tokensChangedSubject, type TokenStatus } from "#schemas/events/token.ts";

/** Design 4, "Tokens": a decision rests on tokens that are stale by 2 s at most. */
const POLL_MS = 1_000;

interface TokenRow {
  readonly tenant: string;
  readonly key: string;
  readonly uid: string;
  readonly type: string;
  readonly status: string;
  readonly groupId: string | null;
  readonly expiresAt: Date | null;
  readonly concurrentSessions: number;
  readonly version: string;
  readonly deleted: boolean;
}

export interface TokenCacheParts {
  readonly sql: Sql;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * All tokens of all tenants in memory, so that no authorisation waits for a query. Versions are
 * counted under a row lock and become visible in order: what is newer than the newest known is all
 * that is missing.
 */
export class TokenCache {
  readonly #parts: TokenCacheParts;
  readonly #tokens = new Map<string, TokenRecord>();
  readonly #versions = new Map<string, number>();
  #running: Promise<void> | undefined;
  #stops: (() => void)[] = [];
  #isClosed = false;

  constructor(parts: TokenCacheParts) {
    this.#parts = parts;
  }

  /** Reads all tokens, then follows their changes. */
  async start(): Promise<void> {
    const { bus } = this.#parts;
    await this.#read();
    this.#stops.push(bus.listen(tokensChangedSubject, async () => {
      await this.#refresh();
      return "{}";
    }));
    this.#poll();
  }

  get size(): number {
    return this.#tokens.size;
  }

  /** The token of this uid, compared without case; from memory. */
  find(tenant: string, uid: string): TokenRecord | undefined {
    return this.#tokens.get(`${tenant}\n${uid.toLowerCase()}`);
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops.splice(0)) stop();
  }

  #poll(): void {
    if (this.#isClosed) return;
    this.#stops = [
      ...this.#stops.slice(0, 1),
      this.#parts.clock.schedule(POLL_MS, () => {
        void this.#refresh().catch((error) =>
          this.#parts.telemetry.log("warn", "tokens could not be read", { error: String(error) })
        ).then(() => this.#poll());
      }),
    ];
  }

  /**
   * A change that commits while a read runs may be missed by it: whoever asks then gets a read of
   * their own.
   */
  async #refresh(): Promise<void> {
    await this.#running?.catch(() => undefined);
    this.#running ??= this.#read().finally(() => this.#running = undefined);
    await this.#running;
  }

  async #read(): Promise<void> {
    const known = JSON.stringify([...this.#versions].map(([tenant, version]) => (
      { tenant, version }
    )));
    const rows = await this.#parts.sql<TokenRow[]>`
      SELECT t.tenant, t.key, t.uid, t.type, t.status, t.group_id AS "groupId",
          t.expires_at AS "expiresAt", t.concurrent_sessions AS "concurrentSessions", t.version,
          t.deleted
        FROM token_versions v
        LEFT JOIN json_to_recordset(${known}::text::json) AS k(tenant text, version bigint)
          ON k.tenant = v.tenant
        JOIN tokens t ON t.tenant = v.tenant AND t.version > coalesce(k.version, 0)
        WHERE v.version > coalesce(k.version, 0)`;
    for (const row of rows) this.#keep(row);
  }

  #keep(row: TokenRow): void {
    const { tenant, key, uid, type, status, deleted } = row;
    const version = Number(row.version);
    if (version > (this.#versions.get(tenant) ?? 0)) this.#versions.set(tenant, version);
    if (deleted) {
      this.#tokens.delete(`${tenant}\n${key}`);
      return;
    }
    this.#tokens.set(`${tenant}\n${key}`, {
      uid,
      type,
      status: status as TokenStatus,
      groupId: row.groupId,
      expiresAt: row.expiresAt?.toISOString() ?? null,
      concurrentSessions: row.concurrentSessions,
    });
  }
}
