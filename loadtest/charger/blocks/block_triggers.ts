import type { Trigger } from "../block.ts";
import { diagnosticsTriggers } from "./diagnostics.ts";
import { firmwareTriggers } from "./firmware.ts";
import { publishedFirmwareTriggers } from "./published_firmware.ts";

/** What the blocks tell when they are asked to, by the message. */
export const blockTriggers: Readonly<Record<string, Trigger>> = {
  ...diagnosticsTriggers,
  ...firmwareTriggers,
  ...publishedFirmwareTriggers,
};
