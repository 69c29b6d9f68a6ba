import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { CallRefused } from "../charger/station_socket.ts";
import { inTime } from "./in_time.ts";
import {
  faultsOfAnswer,
  faultsOfCall,
  type Payload,
  type Recording,
  requireClean,
} from "./recording.ts";

/** Longer than the platform ever takes while all other tests run on the same two cores. */
export const WAIT_MS = 10_000;
const CALL_MS_MAX = 10_000;

export interface StationOptions {
  readonly url: string;
  readonly identity: string;
  readonly protocol: OcppProtocol;
  /** Basic password; the user is the identity unless `user` says another. */
  readonly password?: string | undefined;
  readonly user?: string | undefined;
  /** Subprotocols offered instead of the one that is spoken. */
  readonly offer?: readonly string[] | undefined;
  /** How CALLs are answered that nobody waits for, by action. */
  readonly answers?: Answers | undefined;
}

export type Answers = Readonly<Record<string, Payload | ((payload: Payload) => Payload)>>;

export type ConnectChanges = Partial<Pick<StationOptions, "password" | "user" | "offer">>;

/** A CALL of the platform, to be answered once. */
export interface ReceivedCall {
  readonly action: string;
  readonly payload: Payload;
  readonly messageId: string;
  /** True when `answers` answered it as it came. */
  readonly isAnswered: boolean;
  answer(payload: Payload): void;
  /** Answers with a CALLERROR. */
  fail(code: string, description?: string): void;
}

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

interface OwnCall {
  readonly action: string;
  readonly resolve: (payload: Payload) => void;
  readonly reject: (reason: Error) => void;
}

/** A charging station that says and answers exactly what a case writes down. */
export class ScriptedStation {
  readonly identity: string;
  readonly protocol: OcppProtocol;
  answers: Answers;
  #options: StationOptions;
  readonly #recording: Recording;
  #socket: WebSocket | undefined;
  #closed: Promise<Closing> | undefined;
  readonly #own = new Map<string, OwnCall>();
  #inbox: ReceivedCall[] = [];
  readonly #waiting: { readonly action: string; resolve(call: ReceivedCall): void }[] = [];
  #unanswered = 0;
  #lastId = 0;
  #isLeaving = false;

  constructor(options: StationOptions, recording: Recording) {
    this.identity = options.identity;
    this.protocol = options.protocol;
    this.answers = options.answers ?? {};
    this.#options = options;
    this.#recording = recording;
  }

  /**
   * Opens the socket, also again after a close; what is named replaces what was used before.
   * Rejects with {@link UpgradeRefused} when the platform refuses.
   */
  async connect(changes: ConnectChanges = {}): Promise<void> {
    this.#options = { ...this.#options, ...changes };
    const { url, offer, password, user } = this.#options;
    const offered = offer ?? [this.protocol];
    this.#note("station", `upgrade, offering ${offered.join(", ")}`);
    const credentials = Buffer.from(`${user ?? this.identity}:${password}`).toString("base64");
    const socket = new WebSocket(`${url}/${encodeURIComponent(this.identity)}`, [...offered], {
      headers: password === undefined ? {} : { authorization: `Basic ${credentials}` },
    });
    this.#listen(socket);
    await inTime(opened(socket), WAIT_MS, `the upgrade of ${this.identity}`).catch((thrown) => {
      if (thrown instanceof UpgradeRefused) this.#note("platform", `refused: ${thrown.status}`);
      socket.terminate();
      throw thrown;
    });
    this.#note("platform", `upgraded to ${socket.protocol}`);
    this.#socket = socket;
    this.#unanswered = 0;
    this.#isLeaving = false;
    if (socket.protocol !== this.protocol) {
      this.#recording.breach(`the platform chose ${socket.protocol}, not ${this.protocol}`);
    }
  }

  /** Tries to connect and gives the HTTP status of the refusal; rejects when it is let in. */
  async expectRefusedUpgrade(changes: ConnectChanges = {}): Promise<number> {
    try {
      await this.connect(changes);
    } catch (thrown) {
      if (thrown instanceof UpgradeRefused) return thrown.status;
      throw thrown;
    }
    throw new Error(`Cannot go on: the platform let ${this.identity} in`);
  }

  /**
   * Sends a CALL and gives the payload of its CALLRESULT; rejects with {@link CallRefused}
   * on a CALLERROR. `asIs` sends what breaks the official schema.
   */
  call<Answer = Payload>(
    action: string,
    payload: Payload,
    { asIs = false }: { readonly asIs?: boolean } = {},
  ): Promise<Answer> {
    if (!asIs) requireClean(this.protocol, action, payload, "request");
    const messageId = `s${++this.#lastId}`;
    const answered = new Promise<Answer>((resolve, reject) => {
      const take = (answer: unknown): void => resolve(JSON.parse(JSON.stringify(answer)));
      this.#own.set(messageId, { action, resolve: take, reject });
    });
    this.#send([2, messageId, action, payload]);
    return inTime(answered, CALL_MS_MAX, `the answer to ${action}`);
  }

  /** Sends a CALL that the platform must refuse; gives the code of its CALLERROR. */
  async expectError(
    action: string,
    payload: Payload,
    options: { readonly asIs?: boolean } = {},
  ): Promise<string> {
    try {
      await this.call(action, payload, options);
    } catch (thrown) {
      if (thrown instanceof CallRefused) return thrown.code;
      throw thrown;
    }
    throw new Error(`Cannot go on: ${action} was answered, not refused`);
  }

  /** Sends a SEND of 2.1, which is never answered. */
  send(action: string, payload: Payload): void {
    requireClean(this.protocol, action, payload, "request");
    this.#send([6, `s${++this.#lastId}`, action, payload]);
  }

  /** The oldest CALL of this action that has not been taken yet, or the next one to come. */
  expectCall(action: string, withinMs = WAIT_MS): Promise<ReceivedCall> {
    const found = this.#inbox.find((call) => call.action === action);
    if (found !== undefined) {
      this.#inbox = this.#inbox.filter((call) => call !== found);
      return Promise.resolve(found);
    }
    const coming = new Promise<ReceivedCall>((resolve) => this.#waiting.push({ action, resolve }));
    return inTime(coming, withinMs, `a CALL ${action} to ${this.identity}`);
  }

  /** Resolves when the platform, or anyone, has closed the socket. */
  expectClose(withinMs = WAIT_MS): Promise<Closing> {
    if (this.#closed === undefined) throw new Error("Cannot wait for a close: nothing is open");
    return inTime(this.#closed, withinMs, `the close of ${this.identity}`);
  }

  /** Closes the socket as a station does that reboots. */
  async disconnect(): Promise<void> {
    this.#isLeaving = true;
    this.#socket?.close(1000);
    await this.expectClose();
  }

  /** Cuts the line, as when the network goes. */
  async cut(): Promise<void> {
    this.#isLeaving = true;
    this.#socket?.terminate();
    await this.expectClose();
  }

  /** Ends the socket without a word: the case is over. Names the CALLs that nobody expected. */
  end(): readonly string[] {
    this.#socket?.removeAllListeners("message");
    this.#socket?.terminate();
    return this.#inbox.filter((call) => !call.isAnswered).map((call) => call.action);
  }

  #listen(socket: WebSocket): void {
    this.#closed = new Promise((resolve) => {
      socket.once("close", (code: number, reason: Buffer) => {
        this.#note(
          this.#isLeaving ? "station" : "platform",
          `closed with ${code} ${reason.toString()}`.trim(),
        );
        resolve({ code, reason: reason.toString() });
      });
    });
    socket.on("error", () => {});
    socket.on("message", (data: Buffer) => this.#receive(data.toString()));
  }

  #receive(text: string): void {
    const frame = parsedFrame(text);
    if (frame === undefined) return this.#recording.breach(`no frame: ${text.slice(0, 100)}`);
    this.#record("platform", frame);
    if (frame[0] === 2) return this.#receiveCall(frame);
    const own = this.#own.get(String(frame[1]));
    if ((frame[0] !== 3 && frame[0] !== 4) || own === undefined) {
      return this.#recording.breach(`nobody asked for ${text.slice(0, 100)}`);
    }
    this.#own.delete(String(frame[1]));
    this.#blame(own.action, faultsOfAnswer(this.protocol, own.action, frame));
    if (frame[0] === 3) own.resolve(objectOf(frame[2]));
    else own.reject(new CallRefused(own.action, String(frame[2]), String(frame[3])));
  }

  #receiveCall(frame: readonly unknown[]): void {
    const action = String(frame[2]);
    this.#blame(action, faultsOfCall(this.protocol, frame));
    // OCPP 2.0.1 Part 4, 4.1.1; 1.6J, 4.1.1.
    if (this.#unanswered > 0) {
      this.#recording.breach(`${action} was sent while another CALL was unanswered`);
    }
    this.#unanswered++;
    const call = this.#receivedCall(action, String(frame[1]), objectOf(frame[3]));
    const index = this.#waiting.findIndex((waiting) => waiting.action === action);
    const answer = this.answers[action];
    if (index >= 0) {
      this.#waiting.splice(index, 1)[0]?.resolve(call);
      return;
    }
    this.#inbox.push(call);
    if (answer !== undefined) {
      call.answer(typeof answer === "function" ? answer(call.payload) : answer);
    }
  }

  #receivedCall(action: string, messageId: string, payload: Payload): ReceivedCall {
    let isAnswered = false;
    const once = (frame: readonly unknown[]): void => {
      if (isAnswered) throw new Error(`Cannot answer ${action}: it has been answered`);
      isAnswered = true;
      this.#unanswered--;
      this.#send(frame);
    };
    return {
      action,
      messageId,
      payload,
      get isAnswered() {
        return isAnswered;
      },
      answer: (answer) => {
        requireClean(this.protocol, action, answer, "response");
        once([3, messageId, answer]);
      },
      fail: (code, description = "") => once([4, messageId, code, description, {}]),
    };
  }

  #send(frame: readonly unknown[]): void {
    if (this.#socket === undefined) throw new Error(`Cannot send: ${this.identity} is offline`);
    this.#record("station", frame);
    this.#socket.send(JSON.stringify(frame));
  }

  #blame(action: string, faults: readonly string[]): void {
    for (const fault of faults) this.#recording.breach(`${action}: ${fault}`);
  }

  #record(from: "station" | "platform", frame: readonly unknown[]): void {
    this.#recording.note({ station: this.identity, protocol: this.protocol, from, frame });
  }

  #note(from: "station" | "platform", event: string): void {
    this.#recording.note({ station: this.identity, protocol: null, from, event });
  }
}

/** The platform answered the upgrade with another status than 101. */
export class UpgradeRefused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`Cannot connect: the upgrade was refused with ${status}`);
    this.name = "UpgradeRefused";
    this.status = status;
  }
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("unexpected-response", (_request: unknown, response: IncomingMessage) => {
      response.resume();
      reject(new UpgradeRefused(response.statusCode ?? 0));
    });
    socket.once("error", reject);
  });
}

function parsedFrame(text: string): readonly unknown[] | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    return Array.isArray(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Payload {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
