/** Typed commands in the words of OCPP 2.0.1 and 2.1, which are the same for these. */
import { toProfile2 } from "#schemas/charging_profile.ts";
import { checkedForStart } from "#schemas/charging_profile_rules.ts";
import {
  type Command,
  type CommandWords,
  outcomeOfStatus,
  type OutgoingCall,
} from "#schemas/command.ts";

export const commands2: CommandWords = {
  toCall,
  toOutcome: (_kind, response) => outcomeOfStatus(response),
};

const version = "2.x";

function toCall(command: Command): OutgoingCall {
  switch (command.kind) {
    case "remote-start":
      return remoteStart(command);
    case "remote-stop":
      return {
        action: "RequestStopTransaction",
        payload: { transactionId: command.transactionId },
      };
    case "reset":
      return {
        action: "Reset",
        payload: {
          type: command.type,
          ...(command.evseId === null ? {} : { evseId: command.evseId }),
        },
      };
    case "unlock":
      return {
        action: "UnlockConnector",
        payload: { evseId: command.evseId, connectorId: command.connectorId ?? 1 },
      };
    case "trigger":
      return trigger(command);
    case "availability":
      return {
        action: "ChangeAvailability",
        payload: {
          operationalStatus: command.operative ? "Operative" : "Inoperative",
          ...evseOf(command.evseId, command.connectorId),
        },
      };
  }
}

function remoteStart(command: Extract<Command, { kind: "remote-start" }>): OutgoingCall {
  const { tokenUid, tokenType, remoteStartId, evseId, chargingProfile } = command;
  return {
    action: "RequestStartTransaction",
    payload: {
      ...(evseId === null ? {} : { evseId }),
      remoteStartId,
      idToken: { idToken: tokenUid, type: tokenType },
      ...(chargingProfile === null
        ? {}
        : { chargingProfile: toProfile2(checkedForStart(chargingProfile, { version, evseId })) }),
    },
  };
}

/** Names of 1.6 that have another one here. */
const renamed: ReadonlyMap<string, string> = new Map(Object.entries({
  DiagnosticsStatusNotification: "LogStatusNotification",
  SignChargePointCertificate: "SignChargingStationCertificate",
}));

function trigger({ message, evseId }: Extract<Command, { kind: "trigger" }>): OutgoingCall {
  const requestedMessage = renamed.get(message) ?? message;
  // A status belongs to a connector, so the trigger names one (OCPP 2.0.1 Part 2, F06.FR.13).
  const connectorId = requestedMessage === "StatusNotification" ? 1 : null;
  return {
    action: "TriggerMessage",
    payload: { requestedMessage, ...evseOf(evseId, connectorId) },
  };
}

/** EVSE 0 is the station, which is said by leaving the EVSE out. */
function evseOf(
  evseId: number | null,
  connectorId: number | null,
): Readonly<Record<string, unknown>> {
  if (evseId === null || evseId === 0) return {};
  return { evse: { id: evseId, ...(connectorId === null ? {} : { connectorId }) } };
}
