import { Buffer } from "node:buffer";
import { FrameTemplate, textFrame } from "./frame_template.ts";
import type { Script } from "./load_charger.ts";

/**
 * The frames of the load scenarios, all OCPP 1.6. Message ids are `<run>-<8 digits>`, never
 * repeated.
 */

const ID_DIGITS = 8;
const ID_FIELD = "0".repeat(ID_DIGITS);
const INSTANT_FIELD = "2026-01-01T00:00:00.000Z";
const REGISTER_DIGITS = 9;
/** Registers start high, so that they are plain decimal numbers of fixed width. */
const REGISTER_START_WH = 100_000_000;
const REGISTER_FIELD = String(REGISTER_START_WH);

/** `[3,"` and the run's part of the id come before the digits in an answer. */
function answersId(answer: Buffer, run: string, id: number): boolean {
  const start = 4 + run.length + 1;
  let value = 0;
  for (let index = start; index < start + ID_DIGITS; index++) {
    value = value * 10 + (answer[index] ?? 0) - 48;
  }
  return value === id;
}

/** Heartbeats without end. */
export function heartbeatScript(run: string): Script {
  const template = new FrameTemplate(`[2,"${run}-${ID_FIELD}","Heartbeat",{}]`);
  const idAt = template.find(ID_FIELD);
  let id = 0;
  return {
    next: () => {
      template.patchDigits(idAt, ID_DIGITS, ++id);
      return template.frame;
    },
    accept: (answer) => answersId(answer, run, id),
  };
}

/**
 * MeterValues with three sampled values in an open transaction, without end: 25 Wh more each time.
 */
export function meterScript(run: string, transactionId: number): Script & { registerWh(): number } {
  const template = new FrameTemplate(
    `[2,"${run}-${ID_FIELD}","MeterValues",` +
      meterPayload(transactionId, INSTANT_FIELD, REGISTER_FIELD) + "]",
  );
  const idAt = template.find(ID_FIELD);
  const instantAt = template.find(INSTANT_FIELD);
  const registerAt = template.find(REGISTER_FIELD);
  let id = 0;
  const registerWh = (): number => REGISTER_START_WH + id * 25;
  return {
    registerWh,
    next: () => {
      template.patchDigits(idAt, ID_DIGITS, ++id);
      template.patch(instantAt, instantNow());
      template.patchDigits(registerAt, REGISTER_DIGITS, registerWh());
      return template.frame;
    },
    accept: (answer) => answersId(answer, run, id),
  };
}

export const meterStartWh = REGISTER_START_WH;

/** Whole sessions without end, eight CALLs each; `ended` counts those whose last answer came. */
export class SessionScript implements Script {
  readonly #run: string;
  readonly #idTag: string;
  #id = 0;
  #step = 0;
  #transactionId = 0;
  #registerWh = REGISTER_START_WH;
  #started = 0;
  #ended = 0;

  constructor(run: string, idTag: string) {
    this.#run = run;
    this.#idTag = idTag;
  }

  get ended(): number {
    return this.#ended;
  }

  /** Whether a session has begun that has not ended. */
  get isOpen(): boolean {
    return this.#step !== 0;
  }

  next(): Uint8Array {
    const [action, payload] = this.#call();
    return textFrame(
      `[2,"${this.#run}-${String(++this.#id).padStart(ID_DIGITS, "0")}","${action}",${payload}]`,
    );
  }

  accept(answer: Buffer): boolean {
    if (!answersId(answer, this.#run, this.#id)) return false;
    const text = answer.toString("latin1");
    if (this.#step === 1) {
      this.#transactionId = Number(/"transactionId":(-?\d+)/.exec(text)?.[1] ?? 0);
      this.#started++;
    }
    const isAccepted = this.#step > 1 || text.includes(`"status":"Accepted"`);
    this.#step = (this.#step + 1) % 8;
    if (this.#step === 0) this.#ended = this.#started;
    return isAccepted;
  }

  #call(): readonly [string, string] {
    const at = instantNow();
    switch (this.#step) {
      case 0:
        return ["Authorize", `{"idTag":"${this.#idTag}"}`];
      case 1:
        return [
          "StartTransaction",
          `{"connectorId":1,"idTag":"${this.#idTag}","meterStart":${this.#registerWh},` +
          `"timestamp":"${at}"}`,
        ];
      case 2:
        return ["StatusNotification", statusPayload("Charging", at)];
      case 3:
      case 4:
        this.#registerWh += 25;
        return ["MeterValues", meterPayload(this.#transactionId, at, String(this.#registerWh))];
      case 5:
        return ["StatusNotification", statusPayload("Finishing", at)];
      case 6:
        return [
          "StopTransaction",
          `{"idTag":"${this.#idTag}","meterStop":${this.#registerWh},"timestamp":"${at}",` +
          `"transactionId":${this.#transactionId},"reason":"Local"}`,
        ];
      default:
        return ["StatusNotification", statusPayload("Available", at)];
    }
  }
}

function statusPayload(status: string, at: string): string {
  return `{"connectorId":1,"errorCode":"NoError","status":"${status}","timestamp":"${at}"}`;
}

function meterPayload(transactionId: number, at: string, registerWh: string): string {
  return `{"connectorId":1,"transactionId":${transactionId},"meterValue":[{"timestamp":"${at}",` +
    `"sampledValue":[{"value":"${registerWh}","context":"Sample.Periodic",` +
    `"measurand":"Energy.Active.Import.Register","location":"Outlet","unit":"Wh"},` +
    `{"value":"11040","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"},` +
    `{"value":"16.0","context":"Sample.Periodic","measurand":"Current.Import","phase":"L1",` +
    `"unit":"A"}]}]}`;
}

let lastInstantMs = 0;
let lastInstant = "";

/** The wall clock in RFC 3339, spelled at most once per millisecond. */
function instantNow(): string {
  const now = Date.now();
  if (now !== lastInstantMs) {
    lastInstantMs = now;
    lastInstant = new Date(now).toISOString();
  }
  return lastInstant;
}
