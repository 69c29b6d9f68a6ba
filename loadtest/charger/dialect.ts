import type { ConnectorState, Reading, TransactionMessage } from "./transaction.ts";

/** How one version of OCPP words what a charger says and hears. */

export interface Wire {
  readonly action: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface Nameplate {
  readonly vendor: string;
  readonly model: string;
  readonly serialNumber: string;
  readonly firmwareVersion: string;
}

/** OCPP 2.x BootReasonEnum; 1.6 does not tell. */
export type BootReason = "PowerUp" | "RemoteReset" | "Watchdog";

export interface TransactionAnswer {
  /** 1.6: the id that the CSMS gave. */
  readonly wireId: string | undefined;
  /** The CSMS does not want this token to charge. */
  readonly isDeauthorised: boolean;
}

/** What a CSMS can make a charger do. Each tells at once what will become of it. */
export interface StationControls {
  remoteStart(
    start: { evseId: number | undefined; tokenUid: string; remoteStartId: number | undefined },
  ): boolean;
  remoteStop(wireId: string): boolean;
  reset(isImmediate: boolean): "Accepted" | "Scheduled" | "Rejected";
  unlock(evseId: number): "Unlocked" | "OngoingTransaction" | "UnknownConnector";
  /** False: not something that can be triggered here. */
  trigger(message: string, evseId: number | undefined): boolean;
  /** evseId 0 = the whole charger. */
  setOperative(evseId: number, isOperative: boolean): "Accepted" | "Scheduled" | "Rejected";
  transactionState(
    wireId: string | undefined,
  ): { readonly isOngoing: boolean; readonly hasQueued: boolean };
  /** The charger's clock. */
  now(): number;
  /** Sends something of its own after the answer, for example a report. */
  say(wire: Wire): void;
  readonly nameplate: Nameplate;
  readonly evseCount: number;
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
  isAuthorised(answer: unknown): boolean;
  transaction(message: TransactionMessage): Wire;
  transactionAnswer(message: TransactionMessage, answer: unknown): TransactionAnswer;
  /** MeterValues outside a transaction. */
  meterValues(evseId: number, reading: Reading, at: number): Wire;
  /** The answer to a CALL of the CSMS, or undefined when this charger does not offer it. */
  answer(
    action: string,
    payload: Readonly<Record<string, unknown>>,
    station: StationControls,
  ): Readonly<Record<string, unknown>> | undefined;
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
