import type { Sql } from "postgres";
import { inTime } from "../in_time.ts";
import type { Clock } from "../ports/clock.ts";
import type { AuditEntry, OperationAudit, OperationRequest } from "../ports/operations.ts";

/** An operator waits; Postgres that takes longer is away. */
const WAIT_MS = 5_000;

interface AuditRow {
  readonly request: string;
  readonly at: string;
  readonly operator: string;
  readonly connection: string;
  readonly process: string;
  readonly verb: string;
  readonly args: Record<string, string>;
  readonly outcome: string | null;
  readonly endedAt: string | null;
}

/** The audit of operations in the table `ops_audit`. */
export function postgresAudit(sql: Sql, clock: Clock): OperationAudit {
  return {
    asked: async (request, process) => {
      await inTime(clock, WAIT_MS, asked(sql, request, process));
    },
    ended: async (nonce, outcome) => {
      await inTime(
        clock,
        WAIT_MS,
        sql`INSERT INTO ops_audit
            (tenant, request, event, operator, connection, process, verb, args, outcome)
          SELECT tenant, request, 'ended', operator, connection, process, verb, args, ${
          storable(outcome)
        }
            FROM ops_audit WHERE request = ${nonce} AND event = 'asked'
          ON CONFLICT DO NOTHING`,
      );
    },
    list: async (limit) => (await inTime(clock, WAIT_MS, newest(sql, limit))).map(entryOf),
  };
}

function asked(
  sql: Sql,
  { nonce, user, connection, verb, args }: OperationRequest,
  process: string,
): PromiseLike<unknown> {
  const tenant = /^([^:/]+):/.exec(args["actor"] ?? "")?.[1] ?? "";
  return sql`INSERT INTO ops_audit
      (tenant, request, event, operator, connection, process, verb, args)
    VALUES (${tenant}, ${nonce}, 'asked', ${storable(user)}, ${storable(connection)}, ${process},
      ${verb}, ${storable(JSON.stringify(args))}::text::json)`;
}

function newest(sql: Sql, limit: number): PromiseLike<readonly AuditRow[]> {
  const form = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';
  return sql<AuditRow[]>`
    SELECT a.request, to_char(a.at AT TIME ZONE 'UTC', ${form}) AS at, a.operator, a.connection,
        a.process, a.verb, a.args, e.outcome, to_char(e.at AT TIME ZONE 'UTC', ${form}) AS "endedAt"
      FROM ops_audit a LEFT JOIN ops_audit e ON e.request = a.request AND e.event = 'ended'
      WHERE a.event = 'asked' ORDER BY a.id DESC LIMIT ${limit}`;
}

/** In the order in which people read it. */
function entryOf({ request, operator, at, verb, args, outcome, ...row }: AuditRow): AuditEntry {
  return { at, user: operator, verb, args, outcome, ...row, id: request };
}

/** Postgres takes no U+0000. */
function storable(text: string): string {
  return text.replaceAll("\u0000", "").replaceAll("\\u0000", "").toWellFormed();
}
