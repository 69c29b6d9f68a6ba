import type { CommandDescription } from "#schemas/events/charger.ts";
import { findDescription } from "./queries/command_rows.ts";
import type { Asked } from "./route.ts";

/**
 * A command as the table has it, when this request may be a repeat. Its actor remembers only the
 * newest, and would send it to the station once more.
 */
export async function sentBefore(
  { platform, tenant, header }: Pick<Asked, "platform" | "tenant" | "header">,
  id: string,
): Promise<CommandDescription | undefined> {
  if (header("idempotency-key") === undefined) return undefined;
  return await platform.tenants.run(tenant, (rows) => findDescription(rows, id));
}
