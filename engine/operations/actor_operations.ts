/** Looking at the actors of a worker, running their journals again, and taking them out of memory. */
import { shardOf } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { ActorKind } from "../actor.ts";
import type { Host } from "../host.ts";
import { Loader } from "../loader.ts";
import type { Partition } from "../partition.ts";
import type { Clock } from "../ports/clock.ts";
import type { Operation, Operations } from "../ports/operations.ts";
import type { JournalRow, Store } from "../ports/store.ts";
import { type Replay, replayInParts, type ReplayRequest } from "../replay.ts";
import { storedState } from "../step.ts";
import { type ActorSlot, NEVER_STORED } from "../work.ts";
import { actorOf, numberOf } from "./arguments.ts";

/** A session has hundreds of rows, a station some ten thousand a month. */
export const REPLAY_ROWS_MAX = 100_000;
const ROWS_SHOWN = 10;
const ROWS_SHOWN_MAX = 200;
/** Some 10 ms of work: what a station waits for while somebody replays. */
const REPLAY_ROWS_AT_ONCE = 250;
const BUSY_MS_MAX = 5_000;
const LOOK_AGAIN_MS = 50;

/** Rows of an actor's journal without reading all of it. */
export interface JournalTail {
  /** The newest, oldest of them first. */
  last(actor: string, rows: number): Promise<readonly JournalRow[]>;
  /** How many there are; counts no further than `max`. */
  count(actor: string, max: number): Promise<number>;
}

export interface ActorOperationParts {
  /** Name of the worker. */
  readonly worker: string;
  readonly host: Pick<Host, "load" | "custody">;
  readonly store: Pick<Store, "load" | "journalOf">;
  readonly tail: JournalTail;
  readonly kinds: readonly ActorKind[];
  readonly clock: Clock;
}

export function actorOperations(parts: ActorOperationParts): Operations {
  return { inspect: inspect(parts), replay: replayed(parts), evict: evict(parts) };
}

function inspect(parts: ActorOperationParts): Operation {
  const { worker, host, store, tail, kinds, clock } = parts;
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]));
  const loader = new Loader(store, byName, () => clock.now());
  return {
    help: "Where an actor lives, its state, its mailbox and its newest journal rows",
    args: ["actor", "rows?"],
    run: async (args) => {
      const { text, address } = actorOf(args);
      if (!byName.has(address.kind)) throw noSuchKind(text);
      const rule = { min: 0, max: ROWS_SHOWN_MAX, otherwise: ROWS_SHOWN };
      const rows = await tail.last(text, numberOf(args, "rows", rule));
      const partition = host.load.partitions.find(text);
      const inMemory = partition?.actors.get(text);
      const slot = inMemory ?? await loader.load(text);
      const { shardCount } = host.load.partitions;
      const shard = shardOf(address, shardCount);
      return {
        actor: text,
        ...{ worker, shard, isHere: host.custody.holds(shard) },
        epoch: partition?.cursor.epoch ?? null,
        isInMemory: inMemory !== undefined,
        isStored: slot.samples < NEVER_STORED,
        ...shownState(slot),
        mailbox: partition === undefined ? null : shownMailbox(partition),
        journal: rows.map(shownRow),
      };
    },
  };
}

/** As it is stored: what the chart and its context hold, and since when. */
function shownState({ kind, state, lastAt, samples }: ActorSlot): object {
  return {
    state: state.value,
    snapshot: shownSnapshot(storedState(kind, state, lastAt)),
    snapshotVersion: kind.snapshot.version,
    lastStepAt: lastAt === 0 ? null : new Date(lastAt).toISOString(),
    samplesSinceSnapshot: samples >= NEVER_STORED ? 0 : samples,
  };
}

function shownSnapshot(text: string): unknown {
  return withoutSecrets(JSON.parse(text));
}

/** Records of passwords (`password.ts`) are nothing that a support desk needs. */
function withoutSecrets(shown: unknown): unknown {
  return JSON.parse(JSON.stringify(shown), (_name, value: unknown) => {
    const isRecord = typeof value === "object" && value !== null && "salt" in value &&
      "hash" in value;
    return isRecord ? { ...value, salt: "(hidden)", hash: "(hidden)" } : value;
  });
}

function shownMailbox({ queue, working, uncommitted, actors }: Partition): object {
  return {
    queued: queue.length,
    isWaiting: working !== undefined,
    uncommitted,
    first: queue.slice(0, 5).map(({ to, header: { type } }) => ({ to, type })),
    actors: [...actors.keys()].slice(0, 50),
  };
}

function shownRow({ seq, at, class: rowClass, type, header, revision }: JournalRow): object {
  const { cause, traceparent } = JSON.parse(header) as Record<string, unknown>;
  return {
    seq,
    at: new Date(at).toISOString(),
    class: rowClass === "T" ? "transition" : "sample",
    ...{ type, cause, revision },
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

function replayed({ store, tail, kinds, clock }: ActorOperationParts): Operation {
  return {
    help: "Runs an actor's journal again and shows the first row that comes out differently",
    args: ["actor", "until?"],
    run: async (args) => {
      const { text, address } = actorOf(args);
      const kind = kinds.find((one) => one.kind === address.kind);
      if (kind === undefined) throw noSuchKind(text);
      const until = args["until"] === undefined ? Infinity : Date.parse(args["until"]);
      if (Number.isNaN(until)) {
        throw new PlatformError("invalid-value", "Cannot replay: until is no instant");
      }
      const count = await tail.count(text, REPLAY_ROWS_MAX + 1);
      if (count > REPLAY_ROWS_MAX) {
        const detail = `Cannot replay ${text}: it has more than ${REPLAY_ROWS_MAX} rows`;
        throw new PlatformError("unsupported", detail);
      }
      if (count === 0) throw new PlatformError("not-found", `Cannot replay ${text}: no journal`);
      const journal = await store.journalOf(text);
      const request = { kinds, actor: text, journal, until };
      const { state, rows, difference } = await replayBeside(clock, request);
      const lastAt = journal.findLast(({ at }) => at <= until)?.at ?? 0;
      return {
        ...{ actor: text, rows, isSame: difference === undefined },
        difference: withoutSecrets(difference ?? null),
        state: state.value,
        snapshot: shownSnapshot(storedState(kind, state, lastAt)),
      };
    },
  };
}

/** In small parts: the worker's own work comes first. */
async function replayBeside(clock: Clock, request: ReplayRequest): Promise<Replay> {
  const parts = replayInParts(request, REPLAY_ROWS_AT_ONCE);
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
    // deno-lint-ignore no-await-in-loop -- one part after the other
    await new Promise<void>((resolve) => void clock.schedule(1, resolve));
  }
}

function evict({ host, clock }: ActorOperationParts): Operation {
  return {
    help:
      "Takes an idle actor, with its station's others, out of memory; the next message loads it",
    args: ["actor"],
    run: async (args) => {
      const { text, address } = actorOf(args);
      const { partitions } = host.load;
      const shard = shardOf(address, partitions.shardCount);
      if (!host.custody.holds(shard)) {
        throw new PlatformError("conflict", `Cannot evict ${text}: shard ${shard} is not here`);
      }
      const endsAt = clock.monotonic() + BUSY_MS_MAX;
      for (;;) {
        const partition = partitions.find(text);
        if (partition === undefined) return { actor: text, wasInMemory: false };
        const actors = [...partition.actors.keys()];
        if (partitions.evict(partition)) return { actor: text, wasInMemory: true, actors };
        if (clock.monotonic() > endsAt) {
          throw new PlatformError("conflict", `Cannot evict ${text}: it has work all the time`);
        }
        // deno-lint-ignore no-await-in-loop -- looks again after its commits
        await new Promise<void>((resolve) => void clock.schedule(LOOK_AGAIN_MS, resolve));
      }
    },
  };
}

function noSuchKind(actor: string): PlatformError {
  return new PlatformError("not-found", `Cannot find ${actor}: there is no such kind of actor`);
}
