/** A station on a stage that is asked to reserve, in the words of either version. */
import { Stage, StationOnStage } from "#actors/stage_testing.ts";
import { stationKey } from "#schemas/address.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { ReservationDescription } from "#schemas/events/reservation.ts";

export const HOUR_MS = 3_600_000;
const QUEUE_MS = 60_000;

export class ReservingStation extends StationOnStage {
  #asked = 0;

  constructor(protocol: OcppProtocol, id = "CP1") {
    super(new Stage(), id, protocol);
    this.register({ authorisationRequired: false, quiet: true });
  }

  /** Connected and booted. */
  online(): this {
    this.connect();
    this.boot();
    return this;
  }

  expiry(inMs = HOUR_MS): string {
    return new Date(this.stage.now + inMs).toISOString();
  }

  /** A typed command; gives its id. */
  command(kind: string, body: unknown, queueMs = QUEUE_MS): string {
    const id = `c${++this.#asked}`;
    this.tell("command.request", { id, kind, body, timeoutMs: 30_000, queueMs });
    return id;
  }

  reserve(terms: Readonly<Record<string, unknown>> = {}, queueMs = QUEUE_MS): string {
    const usual = { reservationId: 7, evseId: 1, tokenUid: "TAG1", expiresAt: this.expiry() };
    return this.command("reserve", { ...usual, ...terms }, queueMs);
  }

  cancel(reservationId = 7, queueMs = QUEUE_MS): string {
    return this.command("cancel-reservation", { reservationId }, queueMs);
  }

  says(messageId: string, status: string, late = false): void {
    const told = late ? { late: true } : {};
    this.answer(messageId, { outcome: "answered", response: { status }, ...told });
  }

  /** A reservation that the station has accepted. */
  reserved(terms: Readonly<Record<string, unknown>> = {}): this {
    this.says(this.reserve(terms), "Accepted");
    return this;
  }

  /** A start that names the reservation; gives the session's id. */
  start(reservationId: number | undefined, evseId = 1, uid = "TAG1"): string {
    const timestamp = this.time();
    const used = reservationId === undefined ? {} : { reservationId };
    if (this.protocol === "ocpp1.6") {
      const start = { connectorId: evseId, idTag: uid, meterStart: 0, timestamp };
      this.call("StartTransaction", { ...start, ...used });
    } else {
      this.event("Started", { reservationId, evseId, uid, transactionId: `T${evseId}` });
    }
    return `${stationKey(this.id)}~1`;
  }

  /** 2.x only. */
  event(
    eventType: string,
    words: {
      readonly reservationId?: number | undefined;
      readonly evseId?: number;
      readonly uid?: string;
      readonly transactionId: string;
      readonly seqNo?: number;
    },
  ): void {
    const { reservationId, evseId, uid, transactionId, seqNo = 0 } = words;
    this.call("TransactionEvent", {
      eventType,
      timestamp: this.time(),
      triggerReason: "Authorized",
      seqNo,
      transactionInfo: { transactionId },
      ...(reservationId === undefined ? {} : { reservationId }),
      ...(evseId === undefined ? {} : { evse: { id: evseId, connectorId: 1 } }),
      ...(uid === undefined ? {} : { idToken: { idToken: uid, type: "ISO14443" } }),
    });
  }

  reservation(id = 7): ReservationDescription {
    const row = this.stage.row("station_items", `${stationKey(this.id)}/reservation/${id}`);
    return row["body"] as ReservationDescription;
  }

  /** The facts of reservations in their order, without `reservation.`. */
  told(): readonly string[] {
    return this.stage.factNames().filter((name) => name.startsWith("reservation."))
      .map((name) => name.slice("reservation.".length));
  }

  get reservationAddress(): string {
    return `default:reservation/${stationKey(this.id)}~r7`;
  }
}
