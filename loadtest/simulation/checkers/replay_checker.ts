import { parseAddress, stableHash } from "#schemas/address.ts";
import type { ActorKind, ActorState, Effect } from "#engine/actor.ts";
import type { SimJournalRow } from "#engine/sim/sim_batch.ts";
import { initialState, step, withContext } from "#engine/step.ts";
import { journalledEvent } from "#engine/work.ts";
import type { Tell } from "./verdict.ts";

/** One actor in so many is replayed: a step costs more than all other checks. */
const SAMPLED = 3;

interface Replayed {
  readonly kind: ActorKind;
  state: ActorState;
  owed: readonly Effect[];
}

/** Steps sampled actors beside the cluster, row by row: each must ask for the same effects. */
export class ReplayChecker {
  readonly #kinds: ReadonlyMap<string, ActorKind>;
  readonly #tell: Tell;
  readonly #salt: string;
  /** Undefined: not sampled. */
  readonly #actors = new Map<string, Replayed | undefined>();

  constructor(kinds: readonly ActorKind[], seed: number, tell: Tell) {
    this.#kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
    this.#salt = `${seed}/`;
    this.#tell = tell;
  }

  check(rows: readonly SimJournalRow[]): void {
    for (const row of rows) {
      const actor = this.#actor(row);
      if (actor !== undefined) this.#replay(actor, row);
    }
  }

  #actor(row: SimJournalRow): Replayed | undefined {
    if (this.#actors.has(row.actor)) return this.#actors.get(row.actor);
    const address = parseAddress(row.actor);
    const kind = this.#kinds.get(address.kind);
    const isSampled = stableHash(this.#salt + row.actor) % SAMPLED === 0;
    const { state, effects } = kind === undefined || !isSampled
      ? { state: undefined, effects: [] }
      : initialState(kind, address, row.at);
    const made = kind === undefined || state === undefined
      ? undefined
      : { kind, state, owed: effects };
    this.#actors.set(row.actor, made);
    return made;
  }

  #replay(actor: Replayed, row: SimJournalRow): void {
    const event = journalledEvent(this.#kinds, row);
    if (row.class === "S") {
      const folded = actor.kind.fold?.(event, actor.state.context);
      if (folded !== undefined) actor.state = withContext(actor.state, folded.context);
      return;
    }
    const stepped = step(actor.kind, actor.state, event);
    const replayed = JSON.stringify([...actor.owed, ...rungBefore(row), ...stepped.effects]);
    actor.state = stepped.state;
    actor.owed = [];
    if (replayed === (row.effects ?? "[]")) return;
    this.#tell(
      "pure",
      `${row.actor} #${row.seq} ${row.type} asked for ${row.effects}, again for ${replayed}`,
    );
  }
}

/** The engine disarms an alarm in the commit of its ring. */
function rungBefore({ header }: SimJournalRow): readonly object[] {
  const { type, cause } = JSON.parse(header) as { type: string; cause: string };
  if (type !== "alarm") return [];
  return [{ type: "disarm", name: cause.slice("alarm ".length, cause.lastIndexOf(" ")) }];
}
