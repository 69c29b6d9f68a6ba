/** Typed commands in the words of OCPP 1.6: EVSE n is connector n, the station connector 0. */
import { toProfile16 } from "#schemas/charging_profile.ts";
import { checkedForStart } from "#schemas/charging_profile_rules.ts";
import {
  type Command,
  type CommandWords,
  outcomeOfStatus,
  type OutgoingCall,
} from "#schemas/command.ts";
import { PlatformError } from "#schemas/errors.ts";
import { idTagLengthMax } from "./datatypes.ts";

export const commands16: CommandWords = {
  toCall,
  toOutcome: (_kind, response) => outcomeOfStatus(response),
};

const version = "1.6";

function toCall(command: Command): OutgoingCall {
  switch (command.kind) {
    case "remote-start":
      return remoteStart(command);
    case "remote-stop":
      return {
        action: "RemoteStopTransaction",
        payload: { transactionId: transactionNumber(command.transactionId) },
      };
    case "reset":
      return reset(command);
    case "unlock":
      return { action: "UnlockConnector", payload: { connectorId: command.evseId } };
    case "trigger":
      return trigger(command);
    case "availability":
      return {
        action: "ChangeAvailability",
        payload: {
          connectorId: command.evseId ?? 0,
          type: command.operative ? "Operative" : "Inoperative",
        },
      };
  }
}

function remoteStart(command: Extract<Command, { kind: "remote-start" }>): OutgoingCall {
  const { tokenUid, evseId, chargingProfile } = command;
  if (tokenUid.length > idTagLengthMax) {
    throw new PlatformError(
      "invalid-value",
      `Cannot start with this token: OCPP 1.6 takes at most ${idTagLengthMax} characters`,
    );
  }
  return {
    action: "RemoteStartTransaction",
    payload: {
      ...(evseId === null ? {} : { connectorId: evseId }),
      idTag: tokenUid,
      ...(chargingProfile === null
        ? {}
        : { chargingProfile: toProfile16(checkedForStart(chargingProfile, { version, evseId })) }),
    },
  };
}

function transactionNumber(transactionId: string): number {
  if (/^-?\d{1,10}$/.test(transactionId)) return Number(transactionId);
  throw new PlatformError(
    "invalid-value",
    `Cannot stop transaction "${transactionId}": OCPP 1.6 knows whole numbers only`,
  );
}

function reset({ type, evseId }: Extract<Command, { kind: "reset" }>): OutgoingCall {
  if (evseId !== null && evseId !== 0) {
    throw new PlatformError(
      "unsupported",
      `Cannot reset EVSE ${evseId}: OCPP 1.6 resets the whole station`,
    );
  }
  return { action: "Reset", payload: { type: type === "Immediate" ? "Hard" : "Soft" } };
}

type TriggerWords = readonly [action: string, requestedMessage: string];

/**
 * Both triggers are in use: the extension adds messages to the first one's and lacks one of them.
 */
const triggers: ReadonlyMap<string, TriggerWords> = new Map(Object.entries<TriggerWords>({
  BootNotification: ["TriggerMessage", "BootNotification"],
  DiagnosticsStatusNotification: ["TriggerMessage", "DiagnosticsStatusNotification"],
  FirmwareStatusNotification: ["TriggerMessage", "FirmwareStatusNotification"],
  Heartbeat: ["TriggerMessage", "Heartbeat"],
  MeterValues: ["TriggerMessage", "MeterValues"],
  StatusNotification: ["TriggerMessage", "StatusNotification"],
  LogStatusNotification: ["ExtendedTriggerMessage", "LogStatusNotification"],
  SignChargePointCertificate: ["ExtendedTriggerMessage", "SignChargePointCertificate"],
  SignChargingStationCertificate: ["ExtendedTriggerMessage", "SignChargePointCertificate"],
}));

function trigger({ message, evseId }: Extract<Command, { kind: "trigger" }>): OutgoingCall {
  const words = triggers.get(message);
  if (words === undefined) {
    throw new PlatformError(
      "unsupported",
      `Cannot trigger ${message}: OCPP 1.6 has no such trigger`,
    );
  }
  const [action, requestedMessage] = words;
  // No connector means all of them, connector 0 the station (OCPP 1.6J, 5.17).
  const connector = evseId === null ? {} : { connectorId: evseId };
  return { action, payload: { requestedMessage, ...connector } };
}
