/** What actors order from this gateway's sockets, read from its inbox `gateway.<id>`. */
import { defaultTenant, stationKey } from "#schemas/address.ts";
import type { GatewayOrder } from "#schemas/events/gateway.ts";
import type { Bus } from "#engine/ports/bus.ts";
import { type CallOrder, tellAnswer } from "./calls.ts";
import type { GatewayContext } from "./context.ts";
import { closeCodes, type Presence } from "./presence.ts";

export function gatewaySubject(id: string): string {
  return `gateway.${id}`;
}

/** Listens for orders. The returned function ends it. */
export function listenForOrders(bus: Bus, context: GatewayContext, presence: Presence): () => void {
  return bus.listen(gatewaySubject(context.id), (text) => {
    try {
      carryOut(JSON.parse(text) as GatewayOrder, context, presence);
    } catch (thrown) {
      const cause = thrown instanceof Error ? thrown.message : String(thrown);
      context.counts.log("error", "an order could not be carried out", { cause });
    }
    return undefined;
  });
}

function carryOut(order: GatewayOrder, context: GatewayContext, presence: Presence): void {
  switch (order.order) {
    case "call":
      call(order, context, presence);
      return;
    case "close":
      if (order.tenant !== context.tenant) return;
      presence.find(order.identity, order.epoch)?.close(order.code, order.reason);
      return;
    case "announce":
      presence.announceAll();
      return;
    case "store": {
      if (!context.store.told(order.awayMs)) return;
      context.counts.log("warn", "sockets are closed: the store is away", { ms: order.awayMs });
      presence.closeAll(
        closeCodes.tryAgainLater,
        "try again later",
        context.limits.storeCloseSpreadMs,
      );
      return;
    }
    default:
      context.counts.log("warn", "an unknown order was ignored");
  }
}

/** An order whose socket is gone or has been replaced never leaves, and its actor is told so. */
function call(order: CallOrder, context: GatewayContext, presence: Presence): void {
  const connection = order.tenant === context.tenant
    ? presence.find(order.identity, order.epoch)
    : undefined;
  if (connection !== undefined) {
    connection.call(order);
    return;
  }
  const key = stationKey(order.identity);
  const address = { tenant: order.tenant ?? defaultTenant, kind: "charger", key };
  tellAnswer(context, { address }, order, { outcome: "expired" });
}
