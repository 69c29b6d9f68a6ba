import { parseAddress } from "#schemas/address.ts";
import type { Store } from "./ports/store.ts";
import type { Telemetry } from "./telemetry.ts";
import type { WorkItem } from "./work.ts";

/** Keeps a message that cannot be worked out, with the reason, for an operator. Never rejects. */
export async function setAside(
  { to, header, headerText, bodyText }: WorkItem,
  reason: string,
  { store, telemetry }: { readonly store: Store; readonly telemetry: Telemetry },
): Promise<void> {
  const { tenant } = parseAddress(to);
  const letter = {
    tenant,
    actor: to,
    type: header.type,
    header: headerText,
    body: bodyText,
    reason,
  };
  try {
    await store.deadLetter(letter);
  } catch (error) {
    telemetry.log("error", "a dead letter was not stored", { ...letter, error: String(error) });
  }
}
