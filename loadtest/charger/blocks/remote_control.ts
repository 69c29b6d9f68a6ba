/** Start, stop, reset, unlock and availability from afar. */
import { accepted, type ChargerBlock, Part } from "../block.ts";
import { fieldOf, numberField, objectField, type Payload, present, textField } from "../dialect.ts";
import type { Outlet } from "../outlet.ts";
import type { Station } from "../station.ts";
import { setProfile } from "./profile_calls.ts";
import { reservations } from "./reservations.ts";
import { securityEvent } from "./security.ts";

interface RemoteStart {
  readonly evseId: number | undefined;
  readonly tokenUid: string;
  readonly groupId: string | undefined;
  readonly remoteStartId: number | undefined;
  readonly profile: Payload | undefined;
}

function remoteStart(station: Station, start: RemoteStart): boolean {
  const { charger } = station;
  // Rule B1: before it is accepted nobody charges.
  if (start.tokenUid === "" || !station.link.isOnline) return false;
  const { evseId, tokenUid, groupId, remoteStartId } = start;
  const mayTake = (one: Outlet): boolean => {
    if (one.transaction !== undefined || !one.isOperative) return false;
    if (one.state === "Available" || one.state === "Preparing") {
      const reserved = reservations.ifMade(station)?.at(one.evseId);
      if (reserved === undefined) return true;
    } else if (one.state !== "Reserved") return false;
    const its = reservations.of(station).ofToken(one.evseId, tokenUid, groupId);
    return its !== undefined;
  };
  const outlet = charger.outlets.find((one) =>
    (evseId === undefined || one.evseId === evseId) && mayTake(one)
  );
  if (outlet === undefined) return false;
  if (start.profile !== undefined) {
    const profile = { json: start.profile, isAwaiting: true };
    if (setProfile(station, outlet.evseId, profile).status !== "Accepted") return false;
  }
  const awaited = { tokenUid, groupId, remoteStartId };
  station.afterwards(() => {
    if (outlet.isPlugged) charger.begin(outlet, awaited);
    else charger.await(outlet, awaited);
  });
  return true;
}

function remoteStop(station: Station, wireId: string): boolean {
  const { charger } = station;
  const outlet = charger.outlets.find((one) => one.transaction?.wireId === wireId);
  if (outlet === undefined || !station.link.isOnline) return false;
  station.afterwards(() => charger.end(outlet.evseId, "Remote"));
  return true;
}

/** Resets that wait until nobody charges: of EVSEs, 0 = of the whole charger. */
const waiting = new Part(() => new Set<number>());

type ResetVerdict = "Accepted" | "Scheduled" | "Rejected";

function reset(station: Station, evseId: number, isImmediate: boolean): ResetVerdict {
  const outlets = placed(station, evseId);
  if (outlets.length === 0) return "Rejected";
  const isBusy = outlets.some((outlet) => outlet.transaction !== undefined);
  if (isBusy && !isImmediate) {
    waiting.of(station).add(evseId);
    return "Scheduled";
  }
  station.afterwards(() => resetNow(station, evseId, isImmediate && !station.is16));
  return "Accepted";
}

function placed({ charger }: Station, evseId: number): readonly Outlet[] {
  return charger.outlets.filter((one) => evseId === 0 || one.evseId === evseId);
}

/** An EVSE by itself is away for a moment; the charger as a whole hangs up and boots. */
function resetNow(station: Station, evseId: number, isHard: boolean): void {
  const { charger, link } = station;
  waiting.ifMade(station)?.delete(evseId);
  const outlets = placed(station, evseId);
  for (const outlet of outlets) charger.end(outlet.evseId, isHard ? "ImmediateReset" : "Reset");
  if (evseId === 0) {
    securityEvent(station, "ResetOrReboot", "asked for by the CSMS");
    return link.reboot("RemoteReset");
  }
  for (const outlet of outlets) {
    const { state } = outlet;
    charger.changeTo(outlet, "Unavailable");
    const isBack = outlet.isOperative && state !== "Faulted";
    charger.changeTo(outlet, isBack ? outlet.isPlugged ? "Preparing" : "Available" : state);
  }
}

function resetWhenFree(station: Station): void {
  for (const evseId of waiting.ifMade(station) ?? []) {
    const isFree = placed(station, evseId).every((one) => one.transaction === undefined);
    if (isFree) station.afterwards(() => resetNow(station, evseId, false));
  }
}

function unlock(station: Station, evseId: number): string {
  const outlet = station.charger.outlet(evseId);
  if (outlet === undefined) return "UnknownConnector";
  // 1.6: unlocking ends the transaction (OCPP 1.6J, 5.18); 2.x forbids it (F05.FR.02).
  if (outlet.transaction !== undefined && !station.is16) return "OngoingAuthorizedTransaction";
  station.afterwards(() => station.charger.unplug(evseId, "UnlockCommand"));
  return "Unlocked";
}

function setOperative(station: Station, evseId: number, isOperative: boolean): string {
  const outlets = placed(station, evseId);
  if (outlets.length === 0) return "Rejected";
  station.afterwards(() => {
    for (const outlet of outlets) station.charger.setOperative(outlet, isOperative);
  });
  const isBusy = outlets.some((outlet) => outlet.transaction !== undefined);
  return isBusy && !isOperative ? "Scheduled" : "Accepted";
}

function transactionStatus(station: Station, payload: Payload): Payload {
  const wireId = textField(payload, "transactionId");
  const isOngoing = station.charger.outlets.some((one) => one.transaction?.wireId === wireId);
  return present({
    ongoingIndicator: wireId === undefined ? undefined : isOngoing,
    messagesInQueue: station.link.queued > 0,
  });
}

function start16(station: Station, payload: Payload): Payload {
  return accepted(remoteStart(station, {
    evseId: numberField(payload, "connectorId"),
    tokenUid: textField(payload, "idTag") ?? "",
    groupId: undefined,
    remoteStartId: undefined,
    profile: objectField(payload, "chargingProfile"),
  }));
}

function start2x(station: Station, payload: Payload): Payload {
  return accepted(remoteStart(station, {
    evseId: numberField(payload, "evseId"),
    tokenUid: textField(objectField(payload, "idToken"), "idToken") ?? "",
    groupId: textField(objectField(payload, "groupIdToken"), "idToken"),
    remoteStartId: numberField(payload, "remoteStartId"),
    profile: objectField(payload, "chargingProfile"),
  }));
}

export const remoteControlBlock: ChargerBlock = {
  answers16: {
    RemoteStartTransaction: start16,
    RemoteStopTransaction: (station, payload) =>
      accepted(remoteStop(station, String(numberField(payload, "transactionId")))),
    // A soft reset stops transactions too (OCPP 1.6J, 5.14).
    Reset: (station, payload) => {
      const isHard = fieldOf(payload, "type") === "Hard";
      station.afterwards(() => resetNow(station, 0, isHard));
      return accepted(true);
    },
    UnlockConnector: (station, payload) => {
      const verdict = unlock(station, numberField(payload, "connectorId") ?? 0);
      return { status: verdict === "Unlocked" ? verdict : "UnlockFailed" };
    },
    ChangeAvailability: (station, payload) => ({
      status: setOperative(
        station,
        numberField(payload, "connectorId") ?? 0,
        fieldOf(payload, "type") === "Operative",
      ),
    }),
  },
  answers2x: {
    RequestStartTransaction: start2x,
    RequestStopTransaction: (station, payload) =>
      accepted(remoteStop(station, textField(payload, "transactionId") ?? "")),
    Reset: (station, payload) => ({
      status: reset(
        station,
        numberField(payload, "evseId") ?? 0,
        fieldOf(payload, "type") === "Immediate",
      ),
    }),
    UnlockConnector: (station, payload) => ({
      status: unlock(station, numberField(payload, "evseId") ?? 0),
    }),
    ChangeAvailability: (station, payload) => ({
      status: setOperative(
        station,
        numberField(objectField(payload, "evse"), "id") ?? 0,
        fieldOf(payload, "operationalStatus") === "Operative",
      ),
    }),
    GetTransactionStatus: transactionStatus,
  },
  ended: resetWhenFree,
};
