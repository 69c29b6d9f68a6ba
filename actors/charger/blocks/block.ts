/** What a functional block is to the charger: rules for the CALLs and messages that are its own. */
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { ItemBlock, StationItem } from "#schemas/station_items.ts";
import type { EventOf } from "../context.ts";
import type { Turn } from "../turn.ts";

export type TransactionMessage = EventOf<
  "TransactionEvent.Started" | "TransactionEvent.Updated" | "TransactionEvent.Ended"
>;

/** A CALL of ours that leaves with this step. */
export interface SentCall {
  readonly commandId: string;
  /** The platform's own, which no operator asked for. */
  readonly isOwn: boolean;
  readonly action: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A CALL of ours with what became of it. */
export interface Exchange extends SentCall {
  readonly protocol: OcppProtocol;
  /**
   * `answered`: by its response; `failed`: by a CALLERROR; `silent`: in time there was no answer,
   * or the connection was lost, so that nobody knows.
   */
  readonly outcome: "answered" | "failed" | "silent";
  /** Of an answered one. */
  readonly response: Readonly<Record<string, unknown>>;
  /** Of a failed one: the code of the CALLERROR. */
  readonly errorCode: string | null;
}

/** A message of the station that has no inner word of its own. */
export interface HeardNotice {
  readonly action: string;
  readonly protocol: OcppProtocol;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface CallRules {
  /** Blocks whose items `ended` wants to see. */
  readonly reads?: readonly ItemBlock[];
  /** It waits for the station to connect. When it leaves then it is heard again, as `sent`. */
  readonly queued?: (turn: Turn, call: SentCall) => void;
  readonly sent?: (turn: Turn, call: SentCall) => void;
  /**
   * What became of it. When the connection was lost the payload is not known any more: it is empty
   * then, and so are the items.
   */
  readonly ended?: (turn: Turn, exchange: Exchange, items: readonly StationItem[]) => void;
}

export interface NoticeRules {
  readonly reads?: readonly ItemBlock[];
  /** Gives the reply that the message's `toResponse` words. A repeat is replied `{}`. */
  readonly heard: (turn: Turn, notice: HeardNotice, items: readonly StationItem[]) => unknown;
}

/** Wishes for the block that outlast a connection, asked of the charger as `block.order`. */
export interface OrderRules {
  readonly reads?: readonly ItemBlock[];
  /** Replies or refuses by the turn. */
  readonly heed: (turn: Turn, order: unknown, items: readonly StationItem[]) => void;
}

export interface Block {
  readonly name: string;
  readonly orders?: OrderRules;
  /** By the action of OCPP, whatever version: typed commands, raw calls and our own alike. */
  readonly calls?: Readonly<Record<string, CallRules>>;
  /**
   * By the action, messages that need a step. All other notices only write their journal row, for
   * projections to read.
   */
  readonly notices?: Readonly<Record<string, NoticeRules>>;
  /**
   * By the action, the reply to a notice where it follows from what it says alone: no step is
   * needed for it, and a repeat is replied alike.
   */
  readonly replies?: Readonly<Record<string, (notice: HeardNotice) => unknown>>;
  /** After a transaction message has changed which sessions are open. Nothing is read: hot path. */
  readonly transaction?: (turn: Turn, event: TransactionMessage) => void;
  /** The station is connected again, and this block has asked to go on then (`goOnLater`). */
  readonly resume?: {
    readonly reads?: readonly ItemBlock[];
    readonly go: (turn: Turn, items: readonly StationItem[]) => void;
  };
}

export function defineBlock(block: Block): Block {
  return block;
}

/** Asks for `resume` of this block at the station's next connection; asking twice is once. */
export function goOnLater(turn: Turn, blockName: string): void {
  const { waiting } = turn.context;
  if (!waiting.includes(blockName)) turn.set({ waiting: [...waiting, blockName] });
}
