/** Every typed command that is declared whole in one place; one line per block. */
import { chargingProfilesCommands } from "./charging_profiles.ts";
import { customerInformationCommands } from "./customer_information.ts";
import type { StationCommand } from "./define.ts";
import { deviceModelCommands } from "./device_model.ts";
import { diagnosticsCommands } from "./diagnostics.ts";
import { displayMessagesCommands } from "./display_messages.ts";
import { firmwareCommands } from "./firmware.ts";
import { generalCommands } from "./general.ts";
import { localListCommands } from "./local_list.ts";
import { monitoringCommands } from "./monitoring.ts";
import { networkProfileCommands } from "./network_profile.ts";
import { reservationsCommands } from "./reservations.ts";
import { securityCommands } from "./security.ts";

const declared = {
  ...chargingProfilesCommands,
  ...customerInformationCommands,
  ...deviceModelCommands,
  ...diagnosticsCommands,
  ...displayMessagesCommands,
  ...firmwareCommands,
  ...generalCommands,
  ...localListCommands,
  ...monitoringCommands,
  ...networkProfileCommands,
  ...reservationsCommands,
  ...securityCommands,
} as const;

export type StationCommandKind = keyof typeof declared;

export const stationCommands: Readonly<Record<StationCommandKind, StationCommand>> = declared;

export const stationCommandKinds: readonly StationCommandKind[] = Object.keys(declared) as never;

/** The declaration of a kind, or undefined when it is one of `schemas/command.ts`. */
export function stationCommandOf(kind: string): StationCommand | undefined {
  return Object.hasOwn(declared, kind) ? declared[kind as StationCommandKind] : undefined;
}
