/**
 * A station in virtual time: it queues what is not answered and sends it again, as real ones do.
 */
import type { Address } from "#schemas/address.ts";
import { stationKey } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { MessageHeader } from "#engine/ports/actors.ts";
import type { World } from "./world.ts";

/** What really happened in one charging session. */
export interface TrueSession {
  readonly station: string;
  readonly startWh: number;
  readonly stopWh: number;
  readonly startedAt: string;
}

/** A message that the platform has answered: it must be in the journal for ever. */
export interface AnsweredMessage {
  readonly station: string;
  readonly action: string;
  readonly body: string;
}

const ANSWER_MS = 25_000;
const RETRY_MS = 10_000;

export class SimStation {
  readonly sessions: TrueSession[] = [];
  readonly answered: AnsweredMessage[] = [];
  isDone = false;
  readonly #world: World;
  readonly #id: string;
  readonly #uid: string;
  readonly #protocol: "ocpp1.6" | "ocpp2.0.1";
  readonly #address: Address;
  #epoch = "";
  #messages = 0;
  #registerWh: number;

  constructor(world: World, id: string, uid: string) {
    this.#world = world;
    this.#id = id;
    this.#uid = uid;
    this.#protocol = world.random.fraction() < 0.5 ? "ocpp1.6" : "ocpp2.0.1";
    this.#address = { tenant: "default", kind: "charger", key: stationKey(id) };
    this.#registerWh = Math.floor(world.random.fraction() * 900_000);
  }

  /** Charges so many cars, one after the other. */
  async charge(cars: number): Promise<void> {
    await this.#connect();
    await this.#deliver("BootNotification", this.#boot());
    for (let car = 0; car < cars; car++) {
      // deno-lint-ignore no-await-in-loop -- one car after the other
      await this.#pause(20_000 + this.#world.random.fraction() * 600_000);
      // deno-lint-ignore no-await-in-loop -- as above
      await (this.#protocol === "ocpp1.6" ? this.#session16() : this.#session201(car));
    }
    this.isDone = true;
  }

  #boot(): object {
    if (this.#protocol === "ocpp1.6") return { chargePointVendor: "Sim", chargePointModel: "S1" };
    return { reason: "PowerUp", chargingStation: { vendorName: "Sim", model: "S2" } };
  }

  async #session16(): Promise<void> {
    const { random } = this.#world;
    const startWh = this.#registerWh;
    const startedAt = this.#now();
    const start = await this.#deliver("StartTransaction", {
      connectorId: 1,
      idTag: this.#uid,
      meterStart: startWh,
      timestamp: startedAt,
    });
    const { transactionId } = start as { transactionId: number };
    const readings = 1 + Math.floor(random.fraction() * 6);
    for (let reading = 0; reading < readings; reading++) {
      // deno-lint-ignore no-await-in-loop -- in order
      await this.#deliver("MeterValues", {
        connectorId: 1,
        transactionId,
        meterValue: [{ timestamp: this.#now(), sampledValue: [{ value: `${this.#draw()}` }] }],
      });
      // deno-lint-ignore no-await-in-loop -- as above
      await this.#pause(60_000);
    }
    const stopWh = this.#draw();
    this.sessions.push({ station: this.#id, startWh, stopWh, startedAt });
    await this.#deliver("StopTransaction", {
      transactionId,
      meterStop: stopWh,
      timestamp: this.#now(),
      reason: "Local",
    });
  }

  async #session201(car: number): Promise<void> {
    const { random } = this.#world;
    const transactionId = `${this.#id}-${car}`;
    const startWh = this.#registerWh;
    const startedAt = this.#now();
    const readings = 1 + Math.floor(random.fraction() * 6);
    for (let seqNo = 0; seqNo <= readings + 1; seqNo++) {
      const eventType = seqNo === 0 ? "Started" : seqNo > readings ? "Ended" : "Updated";
      const wh = seqNo === 0 ? startWh : this.#draw();
      const context = seqNo === 0
        ? "Transaction.Begin"
        : seqNo > readings
        ? "Transaction.End"
        : "Sample.Periodic";
      if (eventType === "Ended") {
        this.sessions.push({ station: this.#id, startWh, stopWh: wh, startedAt });
      }
      // deno-lint-ignore no-await-in-loop -- in order
      await this.#deliver("TransactionEvent", {
        eventType,
        timestamp: seqNo === 0 ? startedAt : this.#now(),
        triggerReason: seqNo === 0 ? "Authorized" : "MeterValuePeriodic",
        seqNo,
        transactionInfo: {
          transactionId,
          chargingState: "Charging",
          ...(eventType === "Ended" ? { stoppedReason: "Local" } : {}),
        },
        ...(seqNo === 0
          ? { evse: { id: 1, connectorId: 1 }, idToken: { idToken: this.#uid, type: "ISO14443" } }
          : {}),
        meterValue: [{ timestamp: this.#now(), sampledValue: [{ value: wh, context }] }],
      });
      // deno-lint-ignore no-await-in-loop -- as above
      await this.#pause(60_000);
    }
  }

  /** The car takes up to 200 Wh a minute. */
  #draw(): number {
    this.#registerWh += Math.floor(this.#world.random.fraction() * 200);
    return this.#registerWh;
  }

  #now(): string {
    return new Date(this.#world.clock.now()).toISOString();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#world.clock.schedule(ms, resolve));
  }

  async #connect(): Promise<void> {
    const opened = {
      gateway: "sim",
      protocol: this.#protocol,
      remoteAddress: "sim",
      again: false,
    };
    const reply = await this.#insist(() =>
      this.#ask({ type: "socket.opened", cause: `opened ${this.#messages++}` }, opened)
    );
    this.#epoch = (reply as { epoch: string }).epoch;
  }

  /** Sends until it is answered: the same content, another message id. */
  async #deliver(action: string, payload: object): Promise<unknown> {
    const body = JSON.stringify(payload);
    const reply = await this.#insist(() => {
      const messageId = `${this.#id}-${this.#messages++}`;
      const protocol = this.#protocol;
      const cause = `${this.#id}/${this.#epoch}/${messageId}`;
      const epoch = this.#epoch;
      return this.#ask({ type: "ocpp.call", cause, protocol, action, messageId, epoch }, payload);
    });
    this.answered.push({ station: this.#id, action, body });
    return reply;
  }

  async #ask(header: MessageHeader, body: object): Promise<unknown> {
    const { text } = await this.#world.actors.ask(
      this.#address,
      header,
      JSON.stringify(body),
      ANSWER_MS,
    );
    return JSON.parse(text);
  }

  async #insist(attempt: () => Promise<unknown>): Promise<unknown> {
    for (;;) {
      try {
        // deno-lint-ignore no-await-in-loop -- again and again
        return await attempt();
      } catch (error) {
        const isOurTrouble = error instanceof PlatformError &&
          (error.kind === "timed-out" || error.kind === "unavailable");
        if (!isOurTrouble) throw error;
        // deno-lint-ignore no-await-in-loop -- as above
        await this.#pause(RETRY_MS);
      }
    }
  }
}
