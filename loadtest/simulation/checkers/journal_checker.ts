/** What must hold of every batch at the moment it commits. The cost does not grow with history. */
import { grantKey } from "#actors/domain/authorisation.ts";
import { partitionOf } from "#schemas/address.ts";
import type { MessageHeader } from "#engine/ports/actors.ts";
import type { FenceRow, SimBatch, SimJournalRow } from "#engine/sim/sim_batch.ts";
import type { SimStore } from "#engine/sim/sim_store.ts";
import { isNewer } from "#schemas/socket_names.ts";
import type { TokenRecord } from "#schemas/events/token.ts";
import { BAD } from "../bad_frames.ts";
import type { Tell } from "./verdict.ts";

/** `engine/batch.ts`: a batch is closed at 1,000 rows; one message adds 130 at most. */
const BATCH_ROWS_MAX = 1_130;
const SNAPSHOT_CHARACTERS_MAX = 8 * 1_024;

interface WrittenShard {
  epoch: number;
  writer: string;
  seq: number;
}

export interface JournalCheckerParts {
  readonly store: SimStore;
  readonly tokens: ReadonlyMap<string, TokenRecord>;
  readonly tell: Tell;
}

export class JournalChecker {
  readonly #parts: JournalCheckerParts;
  readonly #shards = new Map<number, WrittenShard>();
  /** The process that raised a shard's epoch last. */
  readonly #takers = new Map<number, string>();
  /** Of batches under way. */
  readonly #writers = new Map<string, string>();
  /** Message bodies of stations that are in the journal, with their station. */
  readonly #bodies = new Set<string>();
  readonly #told = new Set<string>();
  /** Highest generation that rang, by actor and alarm. */
  readonly #rung = new Map<string, number>();
  readonly #epochs = new Map<string, string>();
  /** Orders to send a CALL, by message id: how long the station has. */
  readonly #orders = new Map<string, number>();
  readonly #requests = new Set<string>();
  readonly #transactions = new Map<string, string>();

  constructor(parts: JournalCheckerParts) {
    this.#parts = parts;
  }

  /** A process sends a batch: several lives of a worker may be one process. */
  sends(process: string, batchId: string): void {
    this.#writers.set(batchId, process);
  }

  /** A process takes a shard: nobody else may write until the next take. */
  takes(process: string, shard: number): void {
    this.#takers.set(shard, process);
  }

  check(batch: SimBatch): void {
    const writer = this.#writers.get(batch.id) ?? batch.id;
    this.#writers.delete(batch.id);
    for (const row of batch.fence) this.#checkFence(row, writer);
    for (const row of batch.rows) this.#checkRow(row);
    this.#checkBounds(batch);
    this.#checkTokens(batch);
    for (const row of batch.rest.views?.["sessions"] ?? []) {
      const transaction = `${String(row["station_id"])}/${String(row["transaction_id"])}`;
      const known = this.#transactions.get(transaction) ?? String(row["id"]);
      this.#transactions.set(transaction, known);
      if (known === row["id"]) continue;
      this.#parts.tell("once", `transaction ${transaction} is ${known} and ${String(row["id"])}`);
    }
  }

  isJournalled(station: string, body: string): boolean {
    return this.#bodies.has(`${station}\n${body}`);
  }

  /** How long the station has for a CALL that was ordered; undefined: no order has committed. */
  orderedFor(messageId: string): number | undefined {
    return this.#orders.get(messageId);
  }

  isRequested(commandId: string): boolean {
    return this.#requests.has(commandId);
  }

  #checkFence({ shard, epoch, prev, last }: FenceRow, writer: string): void {
    const { tell } = this.#parts;
    const known = this.#shards.get(shard);
    if (known === undefined) {
      this.#shards.set(shard, { epoch, writer, seq: last });
      return;
    }
    const taker = this.#takers.get(shard);
    if (taker !== undefined && taker !== writer) {
      tell("writer", `shard ${shard}: ${writer} writes in epoch ${epoch}, which is ${taker}'s`);
    }
    if (epoch < known.epoch) tell("writer", `shard ${shard}: epoch ${epoch} after ${known.epoch}`);
    if (epoch === known.epoch && writer !== known.writer) {
      tell("writer", `shard ${shard}: ${known.writer} and ${writer} write in epoch ${epoch}`);
    }
    if (prev !== known.seq) tell("writer", `shard ${shard}: ${prev} follows ${known.seq}`);
    Object.assign(known, { epoch, writer, seq: last });
  }

  #checkRow(row: SimJournalRow): void {
    const header = JSON.parse(row.header) as MessageHeader;
    if (row.body?.includes(BAD) === true) {
      this.#parts.tell("input", `${row.actor} took ${header.type}: ${row.body}`);
    }
    if (typeof header["inbox"] === "string") this.#checkTold(header["inbox"]);
    switch (header.type) {
      case "ocpp.call":
        this.#bodies.add(
          `${partitionOf(row.actor.slice(row.actor.indexOf("/") + 1))}\n${row.body}`,
        );
        break;
      case "alarm":
        this.#checkAlarm(row, header.cause);
        break;
      case "socket.opened":
        this.#checkEpoch(row);
        break;
      case "command.request":
      case "call.request":
        this.#requests.add((JSON.parse(row.body ?? "{}") as { id: string }).id);
        break;
    }
    if (row.effects?.includes('"send"') === true) this.#noteOrders(row.effects);
  }

  #checkTold(id: string): void {
    if (this.#told.has(id)) this.#parts.tell("once", `the tell ${id} counts twice`);
    this.#told.add(id);
  }

  #checkAlarm(row: SimJournalRow, cause: string): void {
    const name = cause.slice("alarm ".length, cause.lastIndexOf(" "));
    const generation = Number(cause.slice(cause.lastIndexOf(" ") + 1));
    const key = `${row.actor}\n${name}`;
    const rung = this.#rung.get(key) ?? 0;
    if (generation <= rung) {
      this.#parts.tell("alarms", `${row.actor}: ${name} ${generation} rings after ${rung}`);
    }
    this.#rung.set(key, generation);
    const armed = this.#parts.store.alarm(row.actor, name);
    if (armed?.generation === generation) return;
    this.#parts.tell(
      "alarms",
      `${row.actor}: ${name} ${generation} rings, armed is ${String(armed?.generation)}`,
    );
  }

  #checkEpoch({ actor, reply }: SimJournalRow): void {
    const epoch = (JSON.parse(reply ?? "null") as { epoch?: string } | null)?.epoch;
    if (epoch === undefined) return;
    const known = this.#epochs.get(actor);
    if (known !== undefined && isNewer(known, epoch)) {
      this.#parts.tell("epochs", `${actor}: ${epoch} after ${known}`);
    }
    this.#epochs.set(actor, epoch);
  }

  #noteOrders(effects: string): void {
    for (const effect of JSON.parse(effects) as { type: string; text?: string }[]) {
      if (effect.type !== "send" || effect.text?.includes('"order":"call"') !== true) continue;
      const order = JSON.parse(effect.text) as { messageId: string; timeoutMs: number };
      this.#orders.set(order.messageId, order.timeoutMs);
    }
  }

  #checkBounds({ id, rows, snapshots }: SimBatch): void {
    if (rows.length > BATCH_ROWS_MAX) {
      this.#parts.tell("bounds", `batch ${id} has ${rows.length} rows`);
    }
    for (const { actor, body } of snapshots) {
      if (body.length <= SNAPSHOT_CHARACTERS_MAX) continue;
      this.#parts.tell("bounds", `the snapshot of ${actor} has ${body.length} characters`);
    }
  }

  #limitOf(key: string): number {
    for (const token of this.#parts.tokens.values()) {
      if (grantKey(token) === key) return token.concurrentSessions;
    }
    return 0;
  }

  #checkTokens({ snapshots }: SimBatch): void {
    for (const { actor, body } of snapshots) {
      const at = actor.indexOf(":token/");
      if (at === -1) continue;
      const limit = this.#limitOf(actor.slice(at + ":token/".length));
      const { context } = JSON.parse(body) as { context: { grants?: Record<string, number> } };
      const held = Object.keys(context.grants ?? {}).length;
      if (limit > 0 && held > limit) {
        this.#parts.tell("tokens", `${actor} is in ${held} sessions, its limit is ${limit}`);
      }
    }
  }
}
