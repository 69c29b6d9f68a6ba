import type { CommandWords } from "#schemas/command.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { StationMessage } from "#schemas/message.ts";
import { commands16 } from "#schemas/ocpp16/commands.ts";
import { stationMessages16 } from "#schemas/ocpp16/mod.ts";
import { commands2 } from "#schemas/ocpp201/commands.ts";
import { stationMessages201 } from "#schemas/ocpp201/mod.ts";
import { stationMessages21 } from "#schemas/ocpp21/mod.ts";

/** What stations say, by the version they speak. */
export const stationMessages: Readonly<
  Record<OcppProtocol, Readonly<Record<string, StationMessage>>>
> = {
  "ocpp1.6": stationMessages16,
  "ocpp2.0.1": stationMessages201,
  "ocpp2.1": stationMessages21,
};

/** What we say, by the version they understand. */
export const commandWords: Readonly<Record<OcppProtocol, CommandWords>> = {
  "ocpp1.6": commands16,
  "ocpp2.0.1": commands2,
  "ocpp2.1": commands2,
};
