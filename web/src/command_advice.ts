/** What an operator can do next when a command did not do what it should. */
import type { Command } from "./shapes.ts";
import { isRecord } from "./live_feed.ts";

const kindWords: Readonly<Partial<Record<Command["kind"], string>>> = {
  "remote-start": "Start",
  "remote-stop": "Stop",
  "reset": "Reset",
  "unlock": "Unlock",
  "trigger": "Trigger",
  "availability": "Availability",
  "call": "Call",
};

export function wordOfCommand(command: Pick<Command, "kind" | "action">): string {
  if (command.kind === "call") return command.action ?? "Call";
  return kindWords[command.kind] ?? wordsOfKind(command.kind);
}

/** `set-display-message` reads "Set display message". */
export function wordsOfKind(kind: string): string {
  const words = kind.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const rejected: Readonly<Partial<Record<Command["kind"], string>>> = {
  "remote-start":
    "The station refused. See that the connector is free and working and a car is plugged in, and that " +
    "the token may charge here; then start again.",
  "remote-stop":
    "The station knows no such running transaction. If the session should be over, close stale sessions.",
  "reset":
    "The station refused to reset now. Stop its sessions first, or ask for an immediate reset.",
  "unlock":
    "The station did not unlock. Stop the session on this connector first; if the plug is stuck, reset " +
    "the station.",
  "trigger": "The station does not offer this message. Older stations know only some of them.",
  "availability":
    "The station refused. A running session may forbid it; try again when it has ended.",
  "call": "The station answered, and refused. Its reason is in the answer.",
};

/** One sentence, or undefined when all is well or still under way. */
export function adviceFor(command: Command): string | undefined {
  switch (command.status) {
    case "rejected":
      return withReason(
        rejected[command.kind] ?? "The station refused. Its answer, below, is all it told.",
        command,
      );
    case "failed":
      return `The station answered with an error${described(command)}. See the OCPP log; a newer ` +
        "firmware or another command may be needed.";
    case "timedOut":
      return "The station did not answer in time. Its connection may be weak or it may be busy: look at " +
        "the OCPP log, then try once more or reset it.";
    case "expired":
      return "The station was not connected while the command waited, so it was never sent. Send it again " +
        "when the station is back.";
    case "unknown":
      return "The connection broke before the answer. What the station reports next will tell; do not " +
        "repeat it before.";
    default:
      return undefined;
  }
}

function described(command: Command): string {
  const { error } = command;
  if (error === undefined) return "";
  return ` (${[error.code, error.description].filter((part) => part !== "").join(": ")})`;
}

/** Stations of 2.x may say why in `statusInfo`. */
function withReason(sentence: string, command: Command): string {
  const { response } = command;
  const detail = isRecord(response) ? response["statusInfo"] : undefined;
  const reason = isRecord(detail) ? detail["reasonCode"] : undefined;
  return typeof reason === "string" ? `${sentence} Its reason: ${reason}.` : sentence;
}

/** Messages that a station of this protocol can be asked to send. */
export function triggersOf(protocol: string | null): readonly string[] {
  if (protocol === null || protocol === "ocpp1.6") {
    return [
      "StatusNotification",
      "MeterValues",
      "BootNotification",
      "Heartbeat",
      "DiagnosticsStatusNotification",
      "FirmwareStatusNotification",
    ];
  }
  return [
    "StatusNotification",
    "TransactionEvent",
    "MeterValues",
    "BootNotification",
    "Heartbeat",
    "LogStatusNotification",
    "FirmwareStatusNotification",
    "SignChargingStationCertificate",
  ];
}

const triggerWords: Readonly<Record<string, string>> = {
  StatusNotification: "State of its connectors",
  TransactionEvent: "State of the running session",
  MeterValues: "Meter readings",
  BootNotification: "Who it is (as after a start)",
  Heartbeat: "A sign of life",
  DiagnosticsStatusNotification: "How its diagnostics upload goes",
  LogStatusNotification: "How its log upload goes",
  FirmwareStatusNotification: "How its firmware update goes",
  SignChargingStationCertificate: "A request for a new certificate",
};

/** What is asked for by this message, in words. */
export function wordOfTrigger(message: string): string {
  return triggerWords[message] ?? message;
}

/** For a list to choose from. */
export function triggerChoices(
  messages: readonly string[],
): { readonly value: string; readonly label: string }[] {
  return messages.map((message) => ({ value: message, label: wordOfTrigger(message) }));
}
