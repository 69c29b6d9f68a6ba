import type { StoredSnapshot } from "#engine/actor.ts";
import { type ChargerContext, SPENT_MAX } from "./context.ts";
import {
  storedClosed,
  storedCommand,
  type StoredConnector,
  storedConnector,
  storedOpen,
  storedRefused,
  storedSocket,
} from "./stored_lists.ts";

type Lists = "connectors" | "open" | "closed" | "refused" | "commands";
/** Came later: absent while there is nothing to say. */
type Later = "sockets" | "rivalry" | "marks" | "spent";

interface Stored extends Omit<ChargerContext, Lists | Later | "rows"> {
  readonly connectors: readonly StoredConnector[];
  readonly open: readonly (readonly unknown[])[];
  readonly closed: readonly (readonly unknown[])[];
  readonly refused: readonly (readonly unknown[])[];
  readonly commands: readonly (readonly unknown[])[];
  readonly sockets?: readonly (readonly unknown[])[];
  readonly rivalry?: ChargerContext["rivalry"];
  readonly marks?: readonly number[];
  readonly spent?: readonly number[];
}

/** What is stored of a charger. */
export const chargerSnapshot = {
  version: 1,
  encode(context: ChargerContext): unknown {
    const { sockets, rivalry, marks, spent, ...others } = context;
    const { connectors, open, closed, refused, commands, rows: _, ...rest } = others;
    const stored: Stored = {
      ...rest,
      connectors: connectors.map(storedConnector.encode),
      open: open.map(storedOpen.encode),
      closed: remembered(context, closed).map(storedClosed.encode),
      refused: remembered(context, refused).map(storedRefused.encode),
      commands: remembered(context, commands).map(storedCommand.encode),
      ...(sockets.length === 0 ? {} : { sockets: sockets.map(storedSocket.encode) }),
      ...(rivalry === null ? {} : { rivalry }),
      ...(marks.length === 0 ? {} : { marks }),
      ...(spent.length === 0 ? {} : { spent: remembered(context, spent) }),
    };
    return stored;
  },
  decode(snapshot: StoredSnapshot): { value: unknown; context: ChargerContext } {
    const { connectors, open, closed, refused, commands, ...rest } = snapshot.context as Stored;
    const { sockets, rivalry, marks, spent, ...others } = rest;
    const context: ChargerContext = {
      ...others,
      sockets: (sockets ?? []).map(storedSocket.decode),
      rivalry: rivalry ?? null,
      marks: marks ?? [],
      spent: spent ?? [],
      connectors: connectors.map(storedConnector.decode),
      open: open.map(storedOpen.decode),
      closed: closed.map(storedClosed.decode),
      refused: refused.map(storedRefused.decode),
      commands: commands.map(storedCommand.decode),
      rows: [],
    };
    return { value: snapshot.value, context };
  },
};

/**
 * Beyond so many connectors and open sessions a station's past gives way to its present: what is
 * left out is forgotten when the actor is loaded again.
 */
const CROWDED = 64;
const PAST_WHEN_CROWDED = 8;

function remembered<Entry>(
  { connectors, open }: ChargerContext,
  past: readonly Entry[],
): readonly Entry[] {
  return connectors.length + open.length > CROWDED ? past.slice(-PAST_WHEN_CROWDED) : past;
}

/** Below the engine's bound (8 kB with the chart's value). */
const WITH_COMMANDS_MAX = 7_400;
const BODIES_MAX = 2_000;

/** Beats leave no trace, and a step must not depend on them: it counts as long as it can be. */
const HEARD_AT_LONGEST = 9_999_999_999_999;
const HASH_LONGEST = 4_294_967_295;

/** Whether a charger with these commands can be stored. */
export function fits(context: ChargerContext, commands: ChargerContext["commands"]): boolean {
  const bodies = commands.flatMap(({ body }) => body === null ? [] : [body]);
  if (bodies.length > 0 && JSON.stringify(bodies).length > BODIES_MAX) return false;
  // Each of them is among the spent ones when it has ended.
  const spent = Array.from({ length: SPENT_MAX }, () => HASH_LONGEST);
  const counted = { ...context, commands, spent, heardAt: HEARD_AT_LONGEST };
  const stored = JSON.stringify(chargerSnapshot.encode(counted));
  return stored.length <= WITH_COMMANDS_MAX;
}
