import postgres from "postgres";
import type { Clock } from "#engine/ports/clock.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { Rows, SqlValue, Tenants } from "../ports/rows.ts";

export interface PostgresTenantsOptions {
  readonly clock: Clock;
  readonly url: string;
  /** Connections of this pool. */
  readonly connections?: number;
  /** After this a statement is given up, ms. */
  readonly statementTimeoutMs?: number;
  /**
   * After this a database that says nothing counts as away, ms. Longer than a statement may take.
   */
  readonly silenceTimeoutMs?: number;
}

const timestamptz = 1184;
const int8 = 20;

/**
 * SQLSTATE classes and client codes that mean "not now": connection, resources, operator
 * intervention.
 */
const unreachable =
  /^(08|53|57P)|^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|EHOST)/;

/**
 * A pool of the role `statewatt_api`: row-level security holds for everything it does, and no query
 * runs outside a transaction that names its tenant.
 */
export function postgresTenants(options: PostgresTenantsOptions): Tenants {
  const sql = postgres(options.url, {
    max: options.connections ?? 10,
    onnotice: () => {},
    connect_timeout: 5,
    idle_timeout: 60,
    // The type of a setting that the driver does not list; the server takes any.
    connection: {
      application_name: "statewatt-api",
      role: "statewatt_api",
      TimeZone: "UTC",
      statement_timeout: options.statementTimeoutMs ?? 15_000,
      idle_in_transaction_session_timeout: 20_000,
    } as postgres.Options<Record<string, never>>["connection"] & object,
    // Columns alone: what stands inside of JSON keeps its names.
    transform: { column: { from: postgres.toCamel } },
    types: {
      instant: { to: timestamptz, from: [timestamptz], serialize: String, parse: instantText },
      wide: { to: int8, from: [int8], serialize: String, parse: Number },
    },
  });
  return {
    async run<Result>(tenant: string, work: (rows: Rows) => Promise<Result>): Promise<Result> {
      const silence = deadline(options.clock, options.silenceTimeoutMs ?? 20_000);
      try {
        const transaction = sql.begin(async (statements) => {
          // Sent ahead of the first query and not waited for: one round trip less.
          const named = statements`SELECT set_config('statewatt.tenant', ${tenant}, true)`
            .execute();
          const [result] = await Promise.all([work(rowsOf(statements)), named]);
          return { result };
        });
        const { result } = await Promise.race([transaction, silence.passed]);
        return result as Result;
      } catch (thrown) {
        throw translated(thrown);
      } finally {
        silence.cancel();
      }
    },
    close: () => sql.end({ timeout: 2 }),
  };
}

/** The server's own time-outs do not help when it is frozen or the network swallows packets. */
function deadline(
  clock: Clock,
  ms: number,
): { readonly passed: Promise<never>; readonly cancel: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  // Nobody may be left to hear it.
  promise.catch(() => {});
  const cancel = clock.schedule(ms, () => {
    reject(
      new PlatformError("unavailable", "Cannot answer: the database says nothing", {
        retryAfterSeconds: 5,
      }),
    );
  });
  return { passed: promise, cancel };
}

function rowsOf(transaction: postgres.TransactionSql): Rows {
  return {
    async all<Row extends object>(
      text: string,
      parameters: readonly SqlValue[] = [],
    ): Promise<readonly Row[]> {
      const rows = await transaction.unsafe(text, parameters as never, { prepare: true });
      return rows as unknown as readonly Row[];
    },
  };
}

/**
 * `2026-11-22 17:05:23.12+00` as RFC 3339 with six digits, so that texts sort as their instants.
 */
function instantText(text: string): string {
  const match = /^(\S+) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/.exec(text);
  if (match === null) return text;
  return `${match[1]}T${match[2]}.${(match[3] ?? "").padEnd(6, "0")}Z`;
}

function translated(thrown: unknown): unknown {
  if (thrown instanceof PlatformError || !(thrown instanceof Error)) return thrown;
  const code = "code" in thrown ? String(thrown.code) : "";
  if (code === "57014" || code === "55P03") {
    return new PlatformError("overloaded", "Cannot answer in time: the database is busy", {
      cause: thrown,
      retryAfterSeconds: 2,
    });
  }
  if (unreachable.test(code)) {
    return new PlatformError("unavailable", "Cannot answer: the database is not reachable", {
      cause: thrown,
      retryAfterSeconds: 2,
    });
  }
  // Class 22: a value the database cannot hold, such as an instant in the year 300000.
  if (/^22/.test(code)) {
    return new PlatformError("malformed", "Cannot use a value: it is out of range", {
      cause: thrown,
    });
  }
  return thrown;
}
