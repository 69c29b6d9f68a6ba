import type { Sql } from "postgres";
import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { PlatformError } from "#schemas/errors.ts";
import { type TokenRecord, tokensChangedSubject } from "#schemas/events/token.ts";
import { TokenTable } from "./token_table.ts";

/** Design 4, "Tokens": a decision rests on tokens that are stale by 2 s at most. */
const POLL_MS = 1_000;
/** Without a successful read for so long nothing is decided: a card may have been blocked since. */
const STALE_MS = 5_000;
/** Tokens of one read: a million of them come in bites, between which others get their turn. */
const ROWS_MAX = 20_000;

export interface TokenRow {
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
  readonly #tenants = new Map<string, TokenTable>();
  readonly #versions = new Map<string, number>();
  #reading: Promise<void> | undefined;
  #waiting: Promise<void> | undefined;
  #readAt = -Infinity;
  #stopListening = (): void => {};
  #cancelPoll = (): void => {};
  #isClosed = false;

  constructor(parts: TokenCacheParts) {
    this.#parts = parts;
    parts.telemetry.watch("statewatt_cached_tokens", "Tokens in memory", () => this.size);
  }

  /** Reads all tokens, then follows their changes. */
  async start(): Promise<void> {
    await this.#refresh();
    this.#stopListening = this.#parts.bus.listen(tokensChangedSubject, async () => {
      await this.#refresh();
      return "{}";
    });
    this.#poll();
  }

  get size(): number {
    return [...this.#tenants.values()].reduce((sum, table) => sum + table.size, 0);
  }

  /**
   * The token of this uid, compared without case; from memory.
   *
   * @throws {PlatformError} "unavailable" when the tokens have not been readable for seconds.
   */
  find(tenant: string, uid: string): TokenRecord | undefined {
    if (this.#parts.clock.monotonic() - this.#readAt > STALE_MS) {
      throw new PlatformError("unavailable", "Cannot decide on a token: the tokens are stale");
    }
    return this.#tenants.get(tenant)?.find(uid.toLowerCase());
  }

  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    this.#cancelPoll();
  }

  #poll(): void {
    if (this.#isClosed) return;
    this.#cancelPoll = this.#parts.clock.schedule(POLL_MS, () => {
      this.#refresh().catch((error) =>
        this.#parts.telemetry.log("warn", "tokens could not be read", { error: String(error) })
      ).then(() => this.#poll());
    });
  }

  /**
   * Resolves when everything is known that had been committed at the call: a read that runs already
   * may have missed it, so that all who ask meanwhile share the one after it.
   */
  #refresh(): Promise<void> {
    if (this.#waiting !== undefined) return this.#waiting;
    if (this.#reading === undefined) return this.#read();
    this.#waiting = this.#reading.catch(() => undefined).then(() => {
      this.#waiting = undefined;
      return this.#read();
    });
    return this.#waiting;
  }

  #read(): Promise<void> {
    const askedAt = this.#parts.clock.monotonic();
    this.#reading = this.#readAll().then(() => {
      this.#readAt = askedAt;
    }).finally(() => this.#reading = undefined);
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    let rows: readonly TokenRow[];
    do {
      // deno-lint-ignore no-await-in-loop -- each bite begins where the one before ended.
      rows = await this.#readSome();
      for (const row of rows) this.#keep(row);
    } while (rows.length === ROWS_MAX);
  }

  async #readSome(): Promise<readonly TokenRow[]> {
    const known = JSON.stringify(
      [...this.#versions].map(([tenant, version]) => ({ tenant, version })),
    );
    return await this.#parts.sql<TokenRow[]>`
      SELECT t.tenant, t.key, t.uid, t.type, t.status, t.group_id AS "groupId",
          t.expires_at AS "expiresAt", t.concurrent_sessions AS "concurrentSessions", t.version,
          t.deleted
        FROM token_versions v
        LEFT JOIN json_to_recordset(${known}::text::json) AS k(tenant text, version bigint)
          ON k.tenant = v.tenant
        JOIN tokens t ON t.tenant = v.tenant AND t.version > coalesce(k.version, 0)
        WHERE v.version > coalesce(k.version, 0)
        ORDER BY t.tenant, t.version LIMIT ${ROWS_MAX}`;
  }

  #keep(row: TokenRow): void {
    const { tenant } = row;
    this.#versions.set(tenant, Number(row.version));
    let table = this.#tenants.get(tenant);
    if (table === undefined) this.#tenants.set(tenant, table = new TokenTable());
    if (row.deleted) table.remove(row.key);
    else table.set(row.key, row);
  }
}
