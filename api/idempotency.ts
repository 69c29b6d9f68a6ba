/**
 * `Idempotency-Key`: a repeated POST changes nothing and gets the first answer again, for 24 hours.
 *
 * The row is written before the work with status 0 and a seed, completed after it. Ids of commands
 * and causes of events are derived from the seed, so that a repeat after a crash or a time-out in
 * between meets actors that know what they have already done.
 */
import { createHash } from "node:crypto";
import { PlatformError } from "#schemas/errors.ts";
import type { Principal } from "./authenticate.ts";
import type { Platform } from "./platform.ts";
import type { Rows } from "./ports/rows.ts";
import type { Reply } from "./reply.ts";

/**
 * A row still open after this belongs to a process that is gone, or to a CALL whose station is
 * slow: to take that over is harmless, for its id is the same and both wait for the one answer.
 */
const IN_PROGRESS_SECONDS_MAX = 60;
const KEY_LENGTH_MAX = 255;
/** Headers of a row whose work ended without an answer worth keeping. */
const reopened = '{"reopened":true}';

export interface Keyed {
  readonly principal: Principal;
  readonly key: string;
  /** Everything of the request that must be the same: method, path, query, body. */
  readonly request: readonly string[];
}

interface StoredRow {
  readonly requestHash: string;
  readonly status: number;
  readonly body: string;
  readonly headers: string;
  readonly ageSeconds: number;
}

interface Begun {
  readonly seed: string;
  readonly reply: Reply | undefined;
}

/** Ids that no repeat can make again, or (with a seed) that every repeat makes again. */
export function idMaker(platform: Platform, seed?: string): (purpose: string) => string {
  if (seed === undefined) return () => platform.random.uuid();
  return (purpose) => digest([seed, purpose]).slice(0, 32);
}

/**
 * Runs `work` once per key and gives its reply again on repeats.
 *
 * @throws {PlatformError} "key-reused" for another request under the key, "conflict" while the
 * first runs.
 */
export async function once(
  platform: Platform,
  keyed: Keyed,
  work: (seed: string) => Promise<Reply>,
): Promise<Reply> {
  const { tenant, name } = keyed.principal;
  if (!/^[\x21-\x7e]+$/.test(keyed.key) || keyed.key.length > KEY_LENGTH_MAX) {
    throw new PlatformError(
      "malformed",
      "Cannot use the Idempotency-Key: it must be 1 to 255 visible ASCII characters",
    );
  }
  const begun = await platform.tenants.run(tenant, (rows) => begin(rows, platform, keyed));
  if (begun.reply !== undefined) return replayed(begun.reply);
  const place = [tenant, name, keyed.key];
  const reply = await work(begun.seed);
  await platform.tenants.run(
    tenant,
    (rows) => isFinal(reply) ? complete(rows, place, reply) : reopen(rows, place),
  );
  return reply;
}

/** Deletes what nobody can ask for any more. */
export async function dropExpired(platform: Platform, tenant: string): Promise<void> {
  await platform.tenants.run(
    tenant,
    (rows) => rows.all("DELETE FROM idempotency WHERE expires_at < now()"),
  );
}

async function begin(rows: Rows, platform: Platform, keyed: Keyed): Promise<Begun> {
  const { tenant, name } = keyed.principal;
  const hash = digest(keyed.request);
  const place = [tenant, name, keyed.key];
  const seed = platform.random.uuid();
  const inserted = await rows.all(
    `INSERT INTO idempotency (tenant, principal, key, request_hash, status, body, headers,
        expires_at)
      VALUES ($1, $2, $3, $4, 0, $5, '{}', now() + interval '24 hours')
      ON CONFLICT (tenant, principal, key) DO UPDATE SET request_hash = excluded.request_hash,
        status = 0, body = excluded.body, headers = '{}', expires_at = excluded.expires_at
        WHERE idempotency.expires_at < now()
      RETURNING 1`,
    [...place, hash, seed],
  );
  if (inserted.length > 0) return { seed, reply: undefined };
  const [row] = await rows.all<StoredRow>(
    `SELECT request_hash, status, body, headers,
      extract(epoch FROM now() - (expires_at - interval '24 hours'))::float8 AS age_seconds
      FROM idempotency WHERE tenant = $1 AND principal = $2 AND key = $3 FOR UPDATE`,
    place,
  );
  if (row === undefined) {
    throw new PlatformError("conflict", "Cannot repeat the request: the first has just failed");
  }
  if (row.requestHash !== hash) {
    throw new PlatformError(
      "key-reused",
      "Cannot use the Idempotency-Key: it stands for another request",
    );
  }
  if (row.status > 0) return { seed: "", reply: stored(row) };
  if (row.headers !== reopened && row.ageSeconds < IN_PROGRESS_SECONDS_MAX) {
    throw new PlatformError("conflict", "Cannot repeat the request: the first is still running");
  }
  await rows.all(
    `UPDATE idempotency SET headers = '{}', expires_at = now() + interval '24 hours'
      WHERE tenant = $1 AND principal = $2 AND key = $3`,
    place,
  );
  return { seed: row.body, reply: undefined };
}

/** What may come out otherwise in a minute is no answer to keep: the next repeat asks again. */
function isFinal({ status }: Reply): boolean {
  return status < 500 && status !== 429;
}

async function complete(rows: Rows, place: readonly string[], reply: Reply): Promise<void> {
  const kept = reply.keptBody ?? reply.body;
  const body = kept === undefined ? "" : JSON.stringify(kept);
  await rows.all(
    `UPDATE idempotency SET status = $4, body = $5, headers = $6
      WHERE tenant = $1 AND principal = $2 AND key = $3`,
    [...place, reply.status, body, JSON.stringify(reply.headers ?? {})],
  );
}

/** The seed stays: what has been done already is not done twice. */
async function reopen(rows: Rows, place: readonly string[]): Promise<void> {
  await rows.all(
    "UPDATE idempotency SET headers = $4 WHERE tenant = $1 AND principal = $2 AND key = $3",
    [...place, reopened],
  );
}

function stored({ status, body, headers }: StoredRow): Reply {
  return {
    status,
    headers: JSON.parse(headers),
    ...(body === "" ? {} : { body: JSON.parse(body) }),
  };
}

function replayed(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, "idempotent-replayed": "true" } };
}

/** Lengths first: no two lists give the same text. */
function digest(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}
