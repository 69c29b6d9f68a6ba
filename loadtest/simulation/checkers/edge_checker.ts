/** What must hold where the platform meets stations, operators and its own memory. */
import { parseAddress, shardOf } from "#schemas/address.ts";
import { LEASE_MS } from "#engine/leases.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { SimStore } from "#engine/sim/sim_store.ts";
import type { BusWitness } from "../process_bus.ts";
import type { SimProcess } from "../sim_process.ts";
import type { StationWitness } from "../sim_station.ts";
import type { CalledMessage } from "../station_line.ts";
import type { JournalChecker } from "./journal_checker.ts";
import type { Tell } from "./verdict.ts";

/** What leaves a mark in the journal before its answer may leave (design 1.1). */
const kept: ReadonlySet<string> = new Set([
  "MeterValues",
  "StartTransaction",
  "StopTransaction",
  "TransactionEvent",
]);

interface OpenCall {
  readonly messageId: string;
  readonly until: number;
}

/** What became of one command as its station saw it. */
export interface SeenCommand {
  deliveries: number;
  reply: string | undefined;
}

export interface EdgeCheckerParts {
  readonly clock: Clock;
  readonly store: SimStore;
  readonly shardCount: number;
  readonly journal: JournalChecker;
  readonly tell: Tell;
}

export class EdgeChecker implements StationWitness, BusWitness {
  readonly commands = new Map<string, SeenCommand>();
  readonly #parts: EdgeCheckerParts;
  readonly #called = new Map<string, CalledMessage>();
  readonly #firstAnswers = new Map<string, string>();
  readonly #takenAt = new Map<number, number>();
  answers = 0;

  constructor(parts: EdgeCheckerParts) {
    this.#parts = parts;
  }

  taken(shard: number): void {
    this.#takenAt.set(shard, this.#parts.clock.monotonic());
  }

  called(identity: string, id: string, action: string, body: string): void {
    this.#called.set(`${identity}\n${id}`, { action, body });
  }

  /** A checker of what one socket of the gateway sends. */
  socketWitness(identity: string): (text: string) => void {
    let open: OpenCall | undefined;
    return (text) => {
      if (text.startsWith("[3,")) this.#checkAnswer(identity, text);
      else if (text.startsWith("[2,")) open = this.#checkCall(identity, text, open);
    };
  }

  answered(): void {
    this.answers++;
  }

  refused(identity: string, { action, body }: CalledMessage, code: string): void {
    if (!kept.has(action)) return;
    this.#parts.tell("refusals", `${action} of ${identity} was refused by ${code}: ${body}`);
  }

  sentBad(): void {}

  answeredBad(identity: string, id: string): void {
    this.#parts.tell("input", `the bad frame ${id} of ${identity} was answered as if it were good`);
  }

  commanded(identity: string, messageId: string, action: string): void {
    const seen = this.#command(identity, messageId);
    if (++seen.deliveries > 1) {
      const times = `${seen.deliveries} times`;
      this.#parts.tell("commands", `${action} ${messageId} has reached ${identity} ${times}`);
    }
  }

  replied(identity: string, messageId: string, status: string): void {
    this.#command(identity, messageId).reply = status;
  }

  heard(process: SimProcess, text: string): ((answer: string) => void) | undefined {
    const end = text.indexOf("\n");
    if (end === -1) return undefined;
    const { clock, store, shardCount, tell } = this.#parts;
    const worker = process.name.slice(0, process.name.indexOf("/"));
    return (answer) => {
      if (!answer.startsWith("N")) return;
      const shard = shardOf(parseAddress(text.slice(0, end)), shardCount);
      const owner = store.ownerOf(shard);
      if (owner === "" || owner.startsWith(`${worker}#`)) return;
      const lostMs = clock.monotonic() - (this.#takenAt.get(shard) ?? 0);
      if (lostMs <= LEASE_MS) return;
      const what = text.slice(0, 200);
      tell("memory", `${worker} answers from memory, ${lostMs} ms after ${owner} took it: ${what}`);
    };
  }

  #command(identity: string, messageId: string): SeenCommand {
    const key = `${identity}\n${messageId}`;
    const known = this.commands.get(key);
    if (known !== undefined) return known;
    const made: SeenCommand = { deliveries: 0, reply: undefined };
    this.commands.set(key, made);
    return made;
  }

  #checkAnswer(identity: string, text: string): void {
    const [start = "", id = ""] = /^\[3,"([^"]*)",/.exec(text) ?? [];
    const call = this.#called.get(`${identity}\n${id}`);
    if (call === undefined || !kept.has(call.action)) return;
    const { action, body } = call;
    const { journal, tell } = this.#parts;
    if (!journal.isJournalled(identity, body)) {
      tell("answered", `${action} of ${identity} is answered and not journalled: ${body}`);
    }
    const key = `${identity}\n${body}`;
    const answer = text.slice(start.length, -1);
    const first = this.#firstAnswers.get(key) ?? answer;
    this.#firstAnswers.set(key, first);
    if (first === answer) return;
    tell("once", `${identity} was answered ${first}, then ${answer} to ${body}`);
  }

  /** OCPP 1.6J, 4.1.1; 2.0.1 Part 4, 4.1.1: one CALL of ours at a time. */
  #checkCall(identity: string, text: string, open: OpenCall | undefined): OpenCall {
    const messageId = /^\[2,"([^"]*)"/.exec(text)?.[1] ?? "";
    const { journal, clock, tell } = this.#parts;
    const timeoutMs = journal.orderedFor(messageId);
    if (timeoutMs === undefined) {
      tell("commands", `${messageId} leaves for ${identity} before its commit`);
    }
    const now = clock.monotonic();
    if (open !== undefined && open.messageId !== messageId && now < open.until) {
      const isReplied = this.commands.get(`${identity}\n${open.messageId}`)?.reply !== undefined;
      if (!isReplied) {
        tell("bounds", `${messageId} leaves for ${identity} while ${open.messageId} is open`);
      }
    }
    return { messageId, until: now + (timeoutMs ?? 0) };
  }
}
