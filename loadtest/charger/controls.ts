import type { VirtualCharger } from "../virtual_charger.ts";
import type { Dialect, Nameplate, StationControls, Wire } from "./dialect.ts";
import type { Outlet } from "./outlet.ts";
import type { StationLink } from "./station_link.ts";

interface Inside {
  readonly link: StationLink;
  readonly dialect: Dialect;
  readonly nameplate: Nameplate;
}

/** What a CSMS may do to this charger, and how it takes it. */
export function controlsOf(charger: VirtualCharger, inside: Inside): StationControls {
  const { link, dialect, nameplate } = inside;
  /** After the answer to the CALL has left. */
  const afterwards = (action: () => void): void => queueMicrotask(action);
  return {
    nameplate,
    evseCount: charger.outlets.length,
    now: () => link.now(),
    say: (wire: Wire) => afterwards(() => link.mention(wire)),
    remoteStart: (start) => remoteStart(charger, start, afterwards),
    remoteStop: (wireId) => {
      const outlet = charger.outlets.find((one) => one.transaction?.wireId === wireId);
      if (outlet === undefined) return false;
      afterwards(() => charger.end(outlet.evseId, "Remote"));
      return true;
    },
    reset: (isImmediate) => {
      const isBusy = charger.outlets.some((outlet) => outlet.transaction !== undefined);
      if (isBusy && !isImmediate) return "Rejected";
      afterwards(() => {
        charger.outlets.forEach((outlet) => charger.end(outlet.evseId, "ImmediateReset"));
        link.reboot("RemoteReset");
      });
      return "Accepted";
    },
    unlock: (evseId) => unlock(charger, evseId, afterwards),
    trigger: (message, evseId) => {
      const tell = triggered(message, { charger, link, dialect, nameplate });
      if (tell === undefined) return false;
      const outlets = charger.outlets.filter((one) => !evseId || one.evseId === evseId);
      afterwards(() => tell(outlets));
      return true;
    },
    setOperative: (evseId, isOperative) => {
      const outlets = charger.outlets.filter((one) => evseId === 0 || one.evseId === evseId);
      if (outlets.length === 0) return "Rejected";
      afterwards(() => outlets.forEach((outlet) => charger.setOperative(outlet, isOperative)));
      return outlets.some((outlet) => outlet.transaction !== undefined) ? "Scheduled" : "Accepted";
    },
    transactionState: (wireId) => ({
      isOngoing: charger.outlets.some((outlet) => outlet.transaction?.wireId === wireId),
      hasQueued: link.queued > 0,
    }),
  };
}

function remoteStart(
  charger: VirtualCharger,
  start: Parameters<StationControls["remoteStart"]>[0],
  afterwards: (action: () => void) => void,
): boolean {
  const outlet = charger.outlets.find((one) =>
    (start.evseId === undefined || one.evseId === start.evseId) && one.isOperative &&
    (one.state === "Preparing" || one.state === "Available") && one.transaction === undefined
  );
  if (outlet === undefined || start.tokenUid === "") return false;
  const { tokenUid, remoteStartId } = start;
  afterwards(() => {
    if (outlet.isPlugged) charger.begin(outlet, { tokenUid, remoteStartId });
    else charger.await(outlet, { tokenUid, remoteStartId });
  });
  return true;
}

function unlock(
  charger: VirtualCharger,
  evseId: number,
  afterwards: (action: () => void) => void,
): ReturnType<StationControls["unlock"]> {
  const outlet = charger.outlet(evseId);
  if (outlet === undefined) return "UnknownConnector";
  if (outlet.transaction !== undefined) return "OngoingTransaction";
  afterwards(() => charger.unplug(evseId));
  return "Unlocked";
}

/** How to tell what was asked for; undefined when this charger has no such message. */
function triggered(
  message: string,
  { charger, link, dialect, nameplate }: Inside & { readonly charger: VirtualCharger },
): ((outlets: readonly Outlet[]) => void) | undefined {
  switch (message) {
    case "BootNotification":
      return () => link.mention(dialect.boot(nameplate, "RemoteReset"));
    case "Heartbeat":
      return () => link.mention({ action: "Heartbeat", payload: {} });
    case "StatusNotification":
      return (outlets) => outlets.forEach((outlet) => charger.tellStatus(outlet));
    case "MeterValues":
    case "TransactionEvent":
      return (outlets) => outlets.forEach((outlet) => charger.tellMeter(outlet));
    default:
      return undefined;
  }
}
