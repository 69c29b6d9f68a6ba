import type { StoredSnapshot } from "#engine/actor.ts";
import { noChoice } from "#schemas/quirks/find.ts";
import type { ChargerContext } from "./context.ts";
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
type Later = "sockets" | "rivalry" | "marks" | "spent" | "waiting" | "quirks";

export interface Stored extends Omit<ChargerContext, Lists | Later | "rows"> {
  readonly connectors: readonly StoredConnector[];
  readonly open: readonly (readonly unknown[])[];
  readonly closed: readonly (readonly unknown[])[];
  readonly refused: readonly (readonly unknown[])[];
  readonly commands: readonly (readonly unknown[])[];
  readonly sockets?: readonly (readonly unknown[])[];
  readonly rivalry?: ChargerContext["rivalry"];
  readonly marks?: readonly number[];
  readonly spent?: readonly number[];
  readonly waiting?: readonly string[];
  readonly quirks?: ChargerContext["quirks"];
}

/** All of it, whether or not that can be stored. */
export function storedOf(context: ChargerContext): Stored {
  const { sockets, rivalry, marks, spent, waiting, quirks, ...others } = context;
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
    ...(waiting.length === 0 ? {} : { waiting }),
    ...(quirks.on.length + quirks.off.length === 0 ? {} : { quirks }),
  };
  return stored;
}

/** What is stored of a charger. */
export const chargerSnapshot = {
  version: 1,
  encode(context: ChargerContext): unknown {
    return withinBound(storedOf(context));
  },
  decode(snapshot: StoredSnapshot): { value: unknown; context: ChargerContext } {
    const { connectors, open, closed, refused, commands, ...rest } = snapshot.context as Stored;
    const { sockets, rivalry, marks, spent, waiting, quirks, ...others } = rest;
    const context: ChargerContext = {
      ...others,
      sockets: (sockets ?? []).map(storedSocket.decode),
      rivalry: rivalry ?? null,
      marks: marks ?? [],
      spent: spent ?? [],
      waiting: waiting ?? [],
      quirks: quirks ?? noChoice,
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
export const PAST_WHEN_CROWDED = 8;

function remembered<Entry>(
  { connectors, open }: ChargerContext,
  past: readonly Entry[],
): readonly Entry[] {
  return connectors.length + open.length > CROWDED ? past.slice(-PAST_WHEN_CROWDED) : past;
}

/** Below the engine's bound (8 kB with the chart's value and the time of the last step). */
export const STORED_MAX = 8_000;
/** With fewer entries than this there is nothing to measure. */
const MEASURED_MIN = 24;

/** What is left out, one after the other, until the rest can be stored. */
const yields: readonly ((stored: Stored) => Partial<Stored>)[] = [
  ({ closed, refused }) => ({
    closed: closed.slice(-PAST_WHEN_CROWDED),
    refused: refused.slice(-PAST_WHEN_CROWDED),
  }),
  ({ finished, sockets, bootTimes }) => ({
    finished: finished.slice(-1),
    bootTimes: bootTimes.slice(-1),
    ...(sockets === undefined ? {} : { sockets: sockets.slice(0, 1) }),
  }),
  // A session that comes is one of its own then; the command is settled by its answer.
  () => ({ awaited: [] }),
  ({ closed, refused }) => ({ closed: closed.slice(-1), refused: refused.slice(-1) }),
];

/** No message of a station is refused because much is remembered of it: the past gives way. */
function withinBound(stored: Stored): Stored {
  const { connectors, open, closed, refused, commands, awaited } = stored;
  const entries = [connectors, open, closed, refused, commands, awaited];
  if (entries.reduce((count, { length }) => count + length, 0) < MEASURED_MIN) return stored;
  let within = stored;
  for (const leaveOut of yields) {
    if (JSON.stringify(within).length <= STORED_MAX) break;
    within = { ...within, ...leaveOut(within) };
  }
  return within;
}
