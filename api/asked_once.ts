import type { CommandDescription } from "#schemas/events/charger.ts";
import { toPlatformError } from "#schemas/errors.ts";
import { findDescription } from "./queries/command_rows.ts";
import type { Asked } from "./route.ts";

type Asker = Pick<Asked, "platform" | "tenant" | "header">;

/**
 * Asks for a command, unless it is known to have been sent: then it is given as the table has it.
 * Its actor knows for long that it has ended, and only for a while how.
 */
export async function askedOnce(
  asker: Asker,
  id: string,
  ask: () => Promise<CommandDescription>,
): Promise<CommandDescription> {
  const isKeyed = asker.header("idempotency-key") !== undefined;
  const before = isKeyed ? await described(asker, id) : undefined;
  if (before !== undefined) return before;
  try {
    return await ask();
  } catch (thrown) {
    // The ask itself may have been delivered twice, and its first answer got lost.
    if (toPlatformError(thrown).kind !== "conflict") throw thrown;
    const ended = await described(asker, id);
    if (ended === undefined) throw thrown;
    return ended;
  }
}

function described(
  { platform, tenant }: Asker,
  id: string,
): Promise<CommandDescription | undefined> {
  return platform.tenants.run(tenant, (rows) => findDescription(rows, id));
}
