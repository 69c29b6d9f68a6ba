/**
 * One command for many stations. Ids and causes come from the batch's own id, so that a batch which
 * its process could not finish is taken up by the next, and no station is commanded twice.
 */
import type { CommandDescription, CommandRequest } from "#schemas/events/charger.ts";
import { toPlatformError } from "#schemas/errors.ts";
import { askActor, type Asker, chargerAddress } from "./ask.ts";
import { idMaker } from "./idempotency.ts";
import { eachAtMost } from "./import_lines.ts";
import type { Platform } from "./platform.ts";
import { type BatchOrder, noteRefusals, unfinishedBatches } from "./queries/batch_rows.ts";
import { sealedBody } from "./sealed_secrets.ts";

/**
 * How long a station has for its answer: the slowest mobile links and unlock motors need most of
 * it.
 */
const TIMEOUT_MS = 30_000;
/** How long a command waits for a station that is away: a reconnect, not a night. */
const QUEUE_MS = 60_000;
const LANES = 100;

/** Of the one command that a request, or a batch, has for this station. */
export function commandId({ id }: Asker, stationId: string): string {
  return id(`command ${stationId}`);
}

/** Asks the actor of one station for a typed command; secrets in its body are sealed first. */
export async function commandStation(
  asker: Asker,
  stationId: string,
  order: Pick<CommandRequest, "kind" | "body" | "batchId"> & { readonly queueMs?: number },
): Promise<CommandDescription> {
  const purpose = `command ${stationId}`;
  const request: CommandRequest = {
    id: commandId(asker, stationId),
    timeoutMs: TIMEOUT_MS,
    queueMs: QUEUE_MS,
    ...order,
    body: await sealedBody(asker, stationId, order),
  };
  return await askActor(asker, chargerAddress(asker.tenant, stationId), {
    type: "command.request",
    purpose,
    body: request,
  });
}

/** Commands every station of a batch; refusals are noted in it. Repeatable. */
export async function commandBatch(
  platform: Platform,
  tenant: string,
  order: BatchOrder,
): Promise<void> {
  const { id: batchId, kind, body } = order;
  const asker: Asker = { platform, tenant, id: idMaker(platform, batchId) };
  const refused: Record<string, string> = {};
  await eachAtMost(order.stationIds, LANES, async (stationId) => {
    try {
      await commandStation(asker, stationId, { kind, body, batchId });
    } catch (thrown) {
      refused[stationId] = toPlatformError(thrown).message;
    }
  });
  if (Object.keys(refused).length === 0) return;
  await platform.tenants.run(tenant, (rows) => noteRefusals(rows, batchId, refused));
}

/** Takes up what a process before us has left unfinished. */
export async function resumeBatches(platform: Platform, tenant: string): Promise<void> {
  const orders = await platform.tenants.run(tenant, unfinishedBatches);
  for (const order of orders) {
    platform.telemetry.log("info", "A command for many stations goes on", { batch: order.id });
    // deno-lint-ignore no-await-in-loop -- the lanes of one batch are load enough
    await commandBatch(platform, tenant, order);
  }
}
