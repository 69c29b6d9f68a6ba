/** Rule B5: at first contact and after new firmware a station is asked for all it has. */
import { sendOwnCall } from "./commands.ts";
import type { BootRecord } from "./context.ts";
import type { Turn } from "./turn.ts";
import { nextRequestId, noteWorded } from "./wording.ts";

/**
 * The CALL is of the lowest priority: operators' go first. Its answer, and the reports that follow,
 * are heard like those of a command (`blocks/device_model.ts`).
 */
export function askInventory(turn: Turn): void {
  const { settings, link } = turn.context;
  if (settings.quiet || link === null) return;
  if (link.protocol === "ocpp1.6") {
    sendOwnCall(turn, { action: "GetConfiguration", payload: {} });
    return;
  }
  const requestId = nextRequestId(turn.context);
  noteWorded(turn);
  const payload = { requestId, reportBase: "FullInventory" };
  sendOwnCall(turn, { action: "GetBaseReport", payload });
}

export function isSameBuild(before: BootRecord | null, now: BootRecord): boolean {
  return before !== null && before.vendor === now.vendor && before.model === now.model &&
    before.serialNumber === now.serialNumber && before.firmwareVersion === now.firmwareVersion;
}
