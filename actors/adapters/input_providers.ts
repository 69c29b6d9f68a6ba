import type { Sql } from "postgres";
import { grantKey, needsGrant } from "#actors/domain/authorisation.ts";
import type { InputProviders } from "#engine/actor.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { GrantReply, GrantRequest, GrantWish } from "#schemas/events/token.ts";
import { configurationDrift } from "./configuration_drift.ts";
import { stationInputs } from "./station_inputs.ts";
import type { TokenCache } from "./token_cache.ts";

/**
 * Ids that one draw of the sequence gives: the sequence's block, see schemas/sql/0001_engine.sql.
 */
const BLOCK = 64;
/**
 * A start waits for its grant no longer than this; then its answer is withheld and the station
 * tries again.
 */
const GRANT_TIMEOUT_MS = 3_000;

export interface InputSources {
  readonly sql: Sql;
  readonly actors: Actors;
  readonly tokens: Pick<TokenCache, "find">;
  readonly clock: Pick<Clock, "now">;
  /** Whether unknown stations may register themselves. */
  readonly autoRegister: boolean;
  /** A station that is away for longer is an alert. */
  readonly offlineAlertMinutes: number;
}

/**
 * Sessions of one token that its actor counts at most: they stand in its snapshot. A fleet that may
 * run more at once is not limited.
 */
export const COUNTED_MAX = 96;

/** What steps may ask of the world around them, see `InputRequest.source`. */
export function inputProviders(
  { sql, actors, tokens, clock, autoRegister, offlineAlertMinutes }: InputSources,
): InputProviders {
  const transactionIds = new TransactionIds(sql);
  return {
    token: (tenant, request) => tokens.find(tenant, (request as { uid: string }).uid) ?? null,
    grant: (tenant, request) => grant({ actors, tokens, clock }, tenant, request as GrantWish),
    transactionId: () => transactionIds.draw(),
    autoRegister: () => autoRegister,
    offlineAlertMinutes: () => offlineAlertMinutes,
    station: stationInputs(sql),
    configurationDrift: configurationDrift(sql),
  };
}

/**
 * Asked from the one actor of the token's group or uid, and only when there is a limit to keep and
 * the token may charge; null = nobody was asked, and the start holds nothing.
 */
async function grant(
  { actors, tokens, clock }: Pick<InputSources, "actors" | "tokens" | "clock">,
  tenant: string,
  { uid, type, holder, replaces }: GrantWish,
): Promise<GrantReply | null> {
  const token = tokens.find(tenant, uid) ?? null;
  if (token === null || token.concurrentSessions > COUNTED_MAX) return null;
  if (!needsGrant({ idToken: { uid, type }, token, at: clock.now() })) return null;
  const key = grantKey(token);
  const request: GrantRequest = {
    token: key,
    holder,
    replaces,
    limit: token.concurrentSessions,
  };
  const header = { type: "grant.request", cause: `grant ${holder}` };
  const to = { tenant, kind: "token", key };
  const { text } = await actors.ask(to, header, JSON.stringify(request), GRANT_TIMEOUT_MS);
  return JSON.parse(text) as GrantReply;
}

/** OCPP 1.6 transaction ids: positive int32, never given twice (rule T1); drawn in blocks. */
class TransactionIds {
  readonly #sql: Sql;
  #next = 0;
  #end = 0;
  #drawing: Promise<void> | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async draw(): Promise<number> {
    while (this.#next >= this.#end) {
      this.#drawing ??= this.#drawBlock().finally(() => this.#drawing = undefined);
      // deno-lint-ignore no-await-in-loop -- others may have emptied the block meanwhile.
      await this.#drawing;
    }
    return this.#next++;
  }

  async #drawBlock(): Promise<void> {
    const [row] = await this.#sql<{ block: string }[]>`
      SELECT nextval('transaction_id_block') AS block`;
    this.#next = Number(row?.block) * BLOCK;
    this.#end = this.#next + BLOCK;
  }
}
