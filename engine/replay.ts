/** An actor's journal, run again: for support, for the twin, and as a regression test. */
import { parseAddress } from "#schemas/address.ts";
import type { ActorKind, ActorState } from "./actor.ts";
import type { JournalRow } from "./ports/store.ts";
import { initialState, step, withContext } from "./step.ts";
import { journalledEvent } from "./work.ts";

/** Where a replay departs from what was committed. */
export interface Difference {
  readonly seq: number;
  readonly type: string;
  readonly committed: unknown;
  readonly replayed: unknown;
}

export interface Replay {
  readonly state: ActorState;
  /** Rows that were run. */
  readonly rows: number;
  /** The first row whose effects differ. Under the same code revision there is none. */
  readonly difference: Difference | undefined;
}

export interface ReplayRequest {
  readonly kinds: readonly ActorKind[];
  readonly actor: string;
  readonly journal: readonly JournalRow[];
  /** Rows after this instant are left out: the actor as it was then. */
  readonly until?: number;
}

/**
 * Runs the journal from the actor's beginning. Beats are not journalled, so their folds are
 * missing.
 */
export function replay(request: ReplayRequest): Replay {
  const parts = replayInParts(request, Infinity);
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
  }
}

/**
 * The same, with a stop after so many rows each: a row takes some 40 µs, and a worker that is busy
 * for longer than its lease loses its shards.
 */
export function* replayInParts(
  { kinds, actor, journal, until = Infinity }: ReplayRequest,
  rowsAtOnce: number,
): Generator<void, Replay, void> {
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]));
  const address = parseAddress(actor);
  const kind = byName.get(address.kind);
  if (kind === undefined) throw new TypeError(`Cannot replay ${actor}: no such kind of actor`);
  const first = initialState(kind, address, journal[0]?.at ?? 0);
  let { state } = first;
  let owed = first.effects;
  let difference: Difference | undefined;
  let rows = 0;
  for (const row of journal) {
    if (row.at > until) break;
    if (rows > 0 && rows % rowsAtOnce === 0) yield;
    rows++;
    const event = journalledEvent(byName, row);
    if (row.class === "S") {
      const folded = kind.fold?.(event, state.context);
      if (folded !== undefined) state = withContext(state, folded.context);
      continue;
    }
    const stepped = step(kind, state, event);
    state = stepped.state;
    const replayed = [...owed, ...rungBefore(row), ...stepped.effects];
    owed = [];
    difference ??= differenceOf(row, replayed);
  }
  return { state, rows, difference };
}

/** The engine disarms an alarm in the commit of its ring. */
function rungBefore(row: JournalRow): readonly object[] {
  const header = JSON.parse(row.header) as { type: string; cause: string };
  if (header.type !== "alarm") return [];
  const name = header.cause.slice("alarm ".length, header.cause.lastIndexOf(" "));
  return [{ type: "disarm", name }];
}

function differenceOf(row: JournalRow, replayed: readonly object[]): Difference | undefined {
  const committed: unknown = JSON.parse(row.effects ?? "[]");
  // Through JSON, as the committed ones went: absent and undefined are the same there.
  const again = JSON.stringify(JSON.parse(JSON.stringify(replayed)));
  if (JSON.stringify(committed) === again) return undefined;
  return { seq: row.seq, type: row.type, committed, replayed };
}
