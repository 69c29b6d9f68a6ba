/**
 * Where projections keep what stations report. `Handle` is the transaction in which the journal's
 * cursor moves: what is written by it is written exactly once.
 */
import type { ItemBlock, StationItem } from "#schemas/station_items.ts";

export interface StationName {
  readonly tenant: string;
  readonly stationId: string;
  /** `stationKey(stationId)`. */
  readonly stationKey: string;
}

/** Something that a station told of, as it happened. */
export interface ReportedEvent {
  /** For example `monitor`, `security`, `log`, `firmware`. */
  readonly kind: string;
  /** The station's time, else ours. */
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ItemSize {
  readonly count: number;
  readonly bytes: number;
}

/** Items and events of one station, within one pass. Writes of equal keys replace each other. */
export interface ItemStore {
  /** Items of a block, by key; `keyPrefix` narrows. */
  read(block: ItemBlock, keyPrefix?: string): Promise<readonly StationItem[]>;
  /** Items of a block by their keys. */
  find(block: ItemBlock, keys: readonly string[]): Promise<readonly StationItem[]>;
  /** How many items `read` would give, and the room that they take in the database. */
  size(block: ItemBlock, keyPrefix: string): Promise<ItemSize>;
  put(items: readonly StationItem[]): Promise<void>;
  /** Removes items of a block whose key begins so; "" = all of them. */
  remove(block: ItemBlock, keyPrefix: string): Promise<void>;
  /** Removes these keys alone. */
  drop(block: ItemBlock, keys: readonly string[]): Promise<void>;
  addEvents(events: readonly ReportedEvent[]): Promise<void>;
}

/** One message of a station, as the journal has it. */
export interface ReportedMessage extends StationName {
  readonly protocol: string;
  readonly action: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** When it came, by our clock. */
  readonly at: number;
  /** The journal row, which makes what is derived from it unique. */
  readonly shard: number;
  readonly seq: number;
}

/** What a projection does with a message of its action. Messages of a station come in order. */
export type ReportRule = (message: ReportedMessage, store: ItemStore) => Promise<void>;
