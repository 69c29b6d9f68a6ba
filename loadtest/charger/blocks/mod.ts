/** The functional blocks of the virtual charger, and which of them answers what. */
import type { Answering, Answers, ChargerBlock } from "../block.ts";
import type { Station } from "../station.ts";
import type { Outlet } from "../outlet.ts";
import type { Transaction } from "../transaction.ts";
import { authorisationBlock } from "./authorisation.ts";
import { configurationBlock } from "./configuration.ts";
import { costBlock } from "./cost.ts";
import { customerInformationBlock } from "./customer_information.ts";
import { dataTransferBlock } from "./data_transfer.ts";
import { deviceModelBlock } from "./device_model.ts";
import { diagnosticsBlock } from "./diagnostics.ts";
import { displayMessageBlock } from "./display_messages.ts";
import { firmwareBlock } from "./firmware.ts";
import { localListBlock } from "./local_list.ts";
import { monitoringBlock } from "./monitoring.ts";
import { networkProfileBlock } from "./network_profiles.ts";
import { chargingProfileBlock } from "./profile_calls.ts";
import { publishedFirmwareBlock } from "./published_firmware.ts";
import { remoteControlBlock } from "./remote_control.ts";
import { reservationBlock } from "./reservations.ts";
import { triggerBlock } from "./triggers.ts";

const blocks: readonly ChargerBlock[] = [
  remoteControlBlock,
  triggerBlock,
  authorisationBlock,
  localListBlock,
  reservationBlock,
  chargingProfileBlock,
  configurationBlock,
  deviceModelBlock,
  monitoringBlock,
  displayMessageBlock,
  costBlock,
  customerInformationBlock,
  diagnosticsBlock,
  firmwareBlock,
  publishedFirmwareBlock,
  dataTransferBlock,
  networkProfileBlock,
];

const answers16 = merged((block) => block.answers16);
const answers2x = merged((block) => block.answers2x);

function merged(answersOf: (block: ChargerBlock) => Answers | undefined): Answers {
  return Object.assign({}, ...blocks.map((block) => answersOf(block) ?? {}));
}

/** How a CALL of this action is answered; undefined when this charger does not offer it. */
export function answeringOf(station: Station, action: string): Answering | undefined {
  const answers = station.is16 ? answers16 : answers2x;
  return Object.hasOwn(answers, action) ? answers[action] : undefined;
}

export function tellBegan(station: Station, transaction: Transaction): void {
  for (const { began } of blocks) began?.(station, transaction);
}

export function tellEnded(station: Station, transaction: Transaction): void {
  for (const { ended } of blocks) ended?.(station, transaction);
}

export function tellFelt(station: Station): void {
  for (const { felt } of blocks) felt?.(station);
}

export function tellChanged(station: Station, outlet: Outlet): void {
  for (const { changed } of blocks) changed?.(station, outlet);
}

export function tellOnline(station: Station, afterBoot: boolean): void {
  for (const { online } of blocks) online?.(station, afterBoot);
}
