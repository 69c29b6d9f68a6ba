import { keepNewest } from "#actors/turn.ts";
import type { OutgoingCall } from "#schemas/command.ts";
import { isObject } from "#schemas/command.ts";
import type { ChargerContext } from "./context.ts";
import { type Turn } from "./turn.ts";

/** How long a station that is not accepted may take to send what we asked for. */
const TRIGGER_WINDOW_MS = 5 * 60_000;
const TRIGGERED_MAX = 4;

/** Messages that an accepted CALL of ours makes the station send (rule B1). */
const followers: Readonly<Record<string, string>> = {
  GetBaseReport: "NotifyReport",
  GetReport: "NotifyReport",
  GetMonitoringReport: "NotifyMonitoringReport",
  GetLog: "LogStatusNotification",
  GetDiagnostics: "DiagnosticsStatusNotification",
  UpdateFirmware: "FirmwareStatusNotification",
  SignedUpdateFirmware: "SignedFirmwareStatusNotification",
  CustomerInformation: "NotifyCustomerInformation",
};

/** Remembers what a CALL makes a station send that is not accepted yet. */
export function noteTrigger(turn: Turn, call: OutgoingCall): void {
  if (turn.context.settings.registration !== "Pending") return;
  const action = followerOf(call);
  if (action === undefined) return;
  const entry = { action, until: turn.now + TRIGGER_WINDOW_MS };
  turn.set({ triggered: keepNewest(turn.context.triggered, entry, TRIGGERED_MAX) });
}

export function isTriggered(context: ChargerContext, action: string, now: number): boolean {
  return context.triggered.some((entry) => entry.action === action && entry.until >= now);
}

function followerOf({ action, payload }: OutgoingCall): string | undefined {
  if (action !== "TriggerMessage" && action !== "ExtendedTriggerMessage") return followers[action];
  const requested = isObject(payload) ? payload["requestedMessage"] : undefined;
  if (typeof requested !== "string") return undefined;
  // SignChargePointCertificate, SignV2GCertificate, … all ask for SignCertificate.
  return requested.startsWith("Sign") ? "SignCertificate" : requested;
}
