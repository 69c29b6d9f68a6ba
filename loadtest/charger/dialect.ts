import type { ConnectorState, Reading, TransactionMessage } from "./transaction.ts";

/** How one version of OCPP words what a charger says and hears. */

export type Payload = Readonly<Record<string, unknown>>;

export interface Wire {
  readonly action: string;
  readonly payload: Payload;
}

export interface Nameplate {
  readonly vendor: string;
  readonly model: string;
  readonly serialNumber: string;
  /** Changes with an update. */
  firmwareVersion: string;
}

/** OCPP 2.x BootReasonEnum; 1.6 does not tell. */
export type BootReason = "PowerUp" | "RemoteReset" | "Watchdog" | "FirmwareUpdate" | "Triggered";

/** What the CSMS says of a token. */
export interface TokenVerdict {
  readonly status: string;
  readonly groupId: string | undefined;
  /** Milliseconds since the epoch; undefined = it does not expire. */
  readonly expiresAt: number | undefined;
}

export interface TransactionAnswer {
  /** 1.6: the id that the CSMS gave. */
  readonly wireId: string | undefined;
  /** The CSMS does not want this token to charge. */
  readonly isDeauthorised: boolean;
  /** What it said of the token. */
  readonly token: TokenVerdict | undefined;
}

export interface Dialect {
  readonly protocol: "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1";
  /** 2.x tells charging states by TransactionEvent, 1.6 by StatusNotification. */
  readonly tellsStateInTransaction: boolean;
  /** 2.x: the charger makes the id of a transaction. */
  readonly makesTransactionIds: boolean;
  boot(nameplate: Nameplate, reason: BootReason): Wire;
  statusWord(state: ConnectorState): string;
  /** evseId 0 = the whole charger (1.6 only). */
  status(evseId: number, state: ConnectorState, at: number): Wire;
  authorize(tokenUid: string): Wire;
  /** Of an answer to Authorize; undefined when it says nothing of the token. */
  tokenVerdict(answer: unknown): TokenVerdict | undefined;
  transaction(message: TransactionMessage): Wire;
  transactionAnswer(message: TransactionMessage, answer: unknown): TransactionAnswer;
  /** MeterValues outside a transaction. */
  meterValues(evseId: number, reading: Reading, at: number): Wire;
}

/** RFC 3339 UTC with milliseconds. */
export function instantText(at: number): string {
  return new Date(at).toISOString();
}

/** A field of an answer, when it is an object that has it. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value
    ? Reflect.get(value, name)
    : undefined;
}

export function numberField(value: unknown, name: string): number | undefined {
  const field = fieldOf(value, name);
  return typeof field === "number" ? field : undefined;
}

export function textField(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === "string" ? field : undefined;
}

/** The objects of a list; none when it is missing or something else. */
export function listField(value: unknown, name: string): readonly Payload[] {
  const field = fieldOf(value, name);
  return Array.isArray(field) ? field.filter(isObject) : [];
}

export function objectField(value: unknown, name: string): Payload | undefined {
  const field = fieldOf(value, name);
  return isObject(field) ? field : undefined;
}

export function textsField(value: unknown, name: string): readonly string[] {
  const field = fieldOf(value, name);
  return Array.isArray(field) ? field.map(String) : [];
}

/** Milliseconds since the epoch. */
export function instantField(value: unknown, name: string): number | undefined {
  const at = Date.parse(textField(value, name) ?? "");
  return Number.isNaN(at) ? undefined : at;
}

function isObject(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without the fields that are undefined. */
export function present(fields: Payload): Payload {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** What a list is cut into, in order; one empty part when it is empty. */
export function partsOf<Item>(items: readonly Item[], size: number): (readonly Item[])[] {
  const parts: (readonly Item[])[] = [];
  for (let start = 0; start === 0 || start < items.length; start += size) {
    parts.push(items.slice(start, start + size));
  }
  return parts;
}
