import { securityEventType } from "#schemas/security_events.ts";
import { openAlert } from "../alerts.ts";
import type { Turn } from "../turn.ts";
import type { HeardNotice } from "./block.ts";

/** A second one while the alert is open is in the list of the station's security events. */
export function hearSecurityEvent(turn: Turn, { payload }: HeardNotice): unknown {
  const { type, techInfo } = payload;
  if (typeof type !== "string" || !securityEventType(type).isAlarming) return {};
  const detail = typeof techInfo === "string" && techInfo !== "" ? `: ${techInfo}` : "";
  openAlert(turn, "securityEvent", `${type}${detail}`);
  return {};
}
