import { formatInstant } from "#schemas/instant.ts";
import { withoutSecrets } from "#schemas/sealed_secret.ts";
import type { StationItem } from "#schemas/station_items.ts";
import type { Turn } from "../turn.ts";
import { defineBlock, type Exchange, type SentCall } from "./block.ts";

/** Per slot: what was asked for last, and what the station has accepted last. */
const block = "network-profile";

function sent(turn: Turn, { commandId, payload }: SentCall): void {
  turn.keepItem(block, `${payload["configurationSlot"]}/asked`, {
    ...shown(payload),
    ...{ commandId, status: "pending", answer: null, askedAt: formatInstant(turn.now) },
  });
}

function ended(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  const { commandId, payload, outcome, response, errorCode } = exchange;
  if (outcome === "silent" || !("configurationSlot" in payload)) return;
  const slot = String(payload["configurationSlot"]);
  const answer = outcome === "failed" ? errorCode : String(response["status"] ?? "no status");
  const isAccepted = answer === "Accepted";
  const asked = items.find(({ key }) => key === `${slot}/asked`);
  if (asked?.body["commandId"] === commandId) {
    const status = isAccepted ? "accepted" : "rejected";
    turn.keepItem(block, asked.key, { ...asked.body, status, answer });
  }
  if (isAccepted) {
    const confirmedAt = formatInstant(turn.now);
    turn.keepItem(block, `${slot}/confirmed`, { ...shown(payload), confirmedAt });
  }
}

function shown(payload: SentCall["payload"]): Readonly<Record<string, unknown>> {
  const { configurationSlot, connectionData } = payload;
  return { configurationSlot, connectionData: withoutSecrets(connectionData) };
}

/** How stations connect: OCPP 2.0.1 Part 2, B09. */
export const networkProfile = defineBlock({
  name: "network-profile",
  calls: { SetNetworkProfile: { reads: [block], sent, ended } },
});
