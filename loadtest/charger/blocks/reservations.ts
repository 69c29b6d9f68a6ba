import { instantField, numberField, objectField, type Payload, textField } from "../dialect.ts";
import { type ChargerBlock, Part } from "../block.ts";
import type { Outlet } from "../outlet.ts";
import type { Station } from "../station.ts";
import { isOn } from "./settings.ts";

export interface Reservation {
  readonly id: number;
  readonly evseId: number;
  /** It was made for whichever is free: its token may charge at any. */
  readonly isForAny: boolean;
  readonly tokenUid: string;
  readonly groupId: string | undefined;
  readonly expiresAt: number;
}

type Verdict = "Accepted" | "Faulted" | "Occupied" | "Rejected" | "Unavailable";

interface Asked {
  readonly id: number;
  readonly evseId: number;
  readonly tokenUid: string;
  readonly groupId: string | undefined;
  readonly expiresAt: number;
}

/** OCPP 1.6J, 5.13; OCPP 2.0.1 Part 2, H. */
class Reservations {
  readonly #station: Station;
  readonly #held = new Map<number, Reservation & { readonly cancelExpiry: () => void }>();

  constructor(station: Station) {
    this.#station = station;
  }

  get all(): readonly Reservation[] {
    return [...this.#held.values()];
  }

  /** Shows the connector as reserved before it answers. */
  async reserve(asked: Asked): Promise<Verdict> {
    const { charger } = this.#station;
    if (!isOn(this.#station, "ReservationEnabled") || asked.expiresAt <= this.#station.now()) {
      return "Rejected";
    }
    const old = this.#held.get(asked.id);
    const isFree = (outlet: Outlet): boolean =>
      outlet.state === "Available" ||
      (outlet.state === "Reserved" && outlet.evseId === old?.evseId);
    const outlets = charger.outlets.filter((one) =>
      asked.evseId === 0 || one.evseId === asked.evseId
    );
    const outlet = outlets.find(isFree);
    if (outlet === undefined) return refusalOf(outlets);
    if (old !== undefined) this.#drop(old.id, outlet.evseId !== old.evseId);
    const cancelExpiry = this.#station.after(
      asked.expiresAt - this.#station.now(),
      () => this.#expire(asked.id),
    );
    this.#held.set(asked.id, {
      ...asked,
      evseId: outlet.evseId,
      isForAny: asked.evseId === 0,
      cancelExpiry,
    });
    await charger.changeAndTell(outlet, "Reserved");
    return "Accepted";
  }

  cancel(id: number): boolean {
    const isHeld = this.#held.has(id);
    if (isHeld) this.#station.afterwards(() => this.#drop(id, true));
    return isHeld;
  }

  /** The reservation by which a token may charge here. Undefined = by none. */
  ofToken(evseId: number, tokenUid: string, groupId: string | undefined): Reservation | undefined {
    const isIts = (reservation: Reservation): boolean =>
      reservation.tokenUid.toLowerCase() === tokenUid.toLowerCase() ||
      (groupId !== undefined && reservation.groupId?.toLowerCase() === groupId.toLowerCase());
    return this.all.find((one) => one.evseId === evseId && isIts(one)) ??
      this.all.find((one) => one.isForAny && isIts(one));
  }

  at(evseId: number): Reservation | undefined {
    return this.all.find((one) => one.evseId === evseId);
  }

  /** Its driver has come. */
  use(id: number): void {
    this.#drop(id, true);
  }

  /** The EVSE broke or was taken out of service: what was reserved there is void. */
  void(evseId: number): void {
    const reservation = this.at(evseId);
    if (reservation === undefined) return;
    this.#drop(reservation.id, false);
    this.#update(reservation.id, "Removed");
  }

  #expire(id: number): void {
    this.#drop(id, true);
    this.#update(id, "Expired");
  }

  /** 1.6 has no word for it: there the connector's status tells. */
  #update(reservationId: number, reservationUpdateStatus: string): void {
    if (this.#station.is16) return;
    const payload = { reservationId, reservationUpdateStatus };
    this.#station.report({ action: "ReservationStatusUpdate", payload });
  }

  #drop(id: number, isFreed: boolean): void {
    const reservation = this.#held.get(id);
    if (reservation === undefined) return;
    reservation.cancelExpiry();
    this.#held.delete(id);
    const outlet = this.#station.charger.outlet(reservation.evseId);
    if (isFreed && outlet?.state === "Reserved") {
      this.#station.charger.changeTo(outlet, "Available");
    }
  }
}

/** What is in the way of all of them. */
function refusalOf(outlets: readonly Outlet[]): Verdict {
  if (outlets.length === 0) return "Rejected";
  if (outlets.every(({ state }) => state === "Faulted")) return "Faulted";
  if (outlets.every(({ state }) => state === "Unavailable")) return "Unavailable";
  return "Occupied";
}

export const reservations = new Part((station) => new Reservations(station));

async function reserve16(station: Station, payload: Payload): Promise<Payload> {
  const status = await reservations.of(station).reserve({
    id: numberField(payload, "reservationId") ?? 0,
    evseId: numberField(payload, "connectorId") ?? 0,
    tokenUid: textField(payload, "idTag") ?? "",
    groupId: textField(payload, "parentIdTag"),
    expiresAt: instantField(payload, "expiryDate") ?? 0,
  });
  return { status };
}

async function reserve2x(station: Station, payload: Payload): Promise<Payload> {
  const status = await reservations.of(station).reserve({
    id: numberField(payload, "id") ?? 0,
    evseId: numberField(payload, "evseId") ?? 0,
    tokenUid: textField(objectField(payload, "idToken"), "idToken") ?? "",
    groupId: textField(objectField(payload, "groupIdToken"), "idToken"),
    expiresAt: instantField(payload, "expiryDateTime") ?? 0,
  });
  return { status };
}

function cancel(station: Station, payload: Payload): Payload {
  const isHeld = reservations.of(station).cancel(numberField(payload, "reservationId") ?? -1);
  return { status: isHeld ? "Accepted" : "Rejected" };
}

export const reservationBlock: ChargerBlock = {
  answers16: { ReserveNow: reserve16, CancelReservation: cancel },
  answers2x: { ReserveNow: reserve2x, CancelReservation: cancel },
  began: (station, { reservationId }) => {
    if (reservationId !== undefined) reservations.ifMade(station)?.use(reservationId);
  },
  changed: (station, { evseId, state }) => {
    if (state === "Faulted" || state === "Unavailable") reservations.ifMade(station)?.void(evseId);
  },
};
