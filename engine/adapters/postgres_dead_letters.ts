import type { Sql } from "postgres";
import { inTime } from "../in_time.ts";
import type {
  DeadLetterRow,
  DeadLetters,
  WholeDeadLetter,
} from "../operations/dead_letter_operations.ts";
import type { Clock } from "../ports/clock.ts";

const WAIT_MS = 5_000;
/** A stack fills the screen; `dead-show` has it whole. */
const REASON_SHOWN = 200;

/** Dead letters of all tenants. */
export function postgresDeadLetters(sql: Sql, clock: Clock): DeadLetters {
  const ask = <Rows>(query: PromiseLike<Rows>): Promise<Rows> => inTime(clock, WAIT_MS, query);
  return {
    list: async (limit) =>
      (await ask(
        sql<
          DeadLetterRow[]
        >`SELECT id, at::text, actor, type, left(reason, ${REASON_SHOWN}) AS reason
          FROM dead_letters ORDER BY dead_letters.id DESC LIMIT ${limit}`,
      )).map(numbered),
    find: async (id) => {
      const [row] = await ask(
        sql<WholeDeadLetter[]>`SELECT id, at::text, actor, type, reason,
            coalesce(header, '{}') AS header, coalesce(body, 'null') AS body
          FROM dead_letters WHERE id = ${id}`,
      );
      return row === undefined ? undefined : numbered(row);
    },
    remove: async (id) => (await ask(sql`DELETE FROM dead_letters WHERE id = ${id}`)).count > 0,
    successorOf: async (id) => {
      const [row] = await ask(
        sql<{ id: string }[]>`SELECT max(n.id) AS id FROM dead_letters n
          JOIN dead_letters o ON o.id = ${id} AND n.id > o.id AND n.actor = o.actor
            AND n.type = o.type AND n.header = o.header AND n.body = o.body
          HAVING max(n.id) IS NOT NULL`,
      );
      return row === undefined ? undefined : Number(row.id);
    },
  };
}

/** `bigint` comes as text. */
function numbered<Row extends DeadLetterRow>(row: Row): Row {
  return { ...row, id: Number(row.id) };
}
