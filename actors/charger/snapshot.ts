import type { StoredSnapshot } from "#engine/actor.ts";
import { type StoredCommand, storedCommand, storedCommands } from "./command_records.ts";
import type { ChargerContext, ClosedSession, RefusedStart } from "./context.ts";

/** Lists are written without their field names: they are most of a snapshot. */
interface Stored extends Omit<ChargerContext, "commands" | "closed" | "refused" | "rows"> {
  readonly commands: readonly StoredCommand[];
  readonly closed: readonly (readonly [number, string, string | null])[];
  readonly refused: readonly (readonly [string, string | null, string])[];
}

/** What is stored of a charger. */
export const chargerSnapshot = {
  version: 1,
  encode(context: ChargerContext): unknown {
    const { commands, closed, refused, rows: _, ...rest } = context;
    const stored: Stored = {
      ...rest,
      commands: storedCommands(commands),
      closed: closed.map(({ n, transactionId, startDigest }) => [n, transactionId, startDigest]),
      refused: refused.map((start) => [start.transactionId, start.startDigest, start.status]),
    };
    return stored;
  },
  decode(snapshot: StoredSnapshot): { value: unknown; context: ChargerContext } {
    const { commands, closed, refused, ...rest } = snapshot.context as Stored;
    const context: ChargerContext = {
      ...rest,
      commands: commands.map(storedCommand),
      closed: closed.map(([n, transactionId, startDigest]): ClosedSession => ({
        n,
        transactionId,
        startDigest,
      })),
      refused: refused.map(([transactionId, startDigest, status]): RefusedStart => ({
        transactionId,
        startDigest,
        status,
      })),
      rows: [],
    };
    return { value: snapshot.value, context };
  },
};
