/** What actors and workers order from this gateway's sockets, read from its inbox `gateway.<id>`. */
import { defaultTenant } from "#schemas/address.ts";
import type { GatewayOrder } from "#schemas/events/gateway.ts";
import type { Bus } from "#engine/ports/bus.ts";
import { type CallOrder, tellAnswer } from "./calls.ts";
import type { Connection } from "./connection.ts";
import type { GatewayContext } from "./context.ts";
import { addressOf } from "./identity.ts";
import { partFromAll } from "./parting.ts";
import { closeCodes, type Presence } from "./presence.ts";
import { grantedQuirks } from "./station_quirks.ts";

export function gatewaySubject(id: string): string {
  return `gateway.${id}`;
}

/** What who asks, instead of telling, hears: the order was taken. */
const TAKEN = "{}";

/** Listens for orders. The returned function ends it. */
export function listenForOrders(bus: Bus, context: GatewayContext, presence: Presence): () => void {
  return bus.listen(gatewaySubject(context.id), (text) => {
    try {
      carryOut(JSON.parse(text) as GatewayOrder, context, presence);
    } catch (thrown) {
      const cause = thrown instanceof Error ? thrown.message : String(thrown);
      context.counts.log("error", "an order could not be carried out", { cause });
    }
    return TAKEN;
  });
}

function carryOut(order: GatewayOrder, context: GatewayContext, presence: Presence): void {
  switch (order.order) {
    case "call":
      call(order, context, presence);
      return;
    case "close":
      if (order.tenant !== context.tenant) return;
      presence.find(
        order.identity,
        order.epoch,
        (found) => found?.close(order.code, order.reason),
      );
      return;
    case "quirks":
      if (order.tenant !== context.tenant) return;
      presence.find(order.identity, order.epoch, (found) => {
        if (found !== undefined) found.quirks = grantedQuirks(order.quirks);
      });
      return;
    case "verify":
      presence.verify(order);
      return;
    case "announce":
      presence.announceAgain(order);
      return;
    case "store":
      if (context.store.told(order.worker ?? "", order.awayMs)) loseStore(context, presence);
      return;
    default:
      context.counts.log("warn", "an unknown order was ignored");
  }
}

/** Stations shall go offline and queue (design rule 1.8); what is under way will not be answered. */
function loseStore(context: GatewayContext, presence: Presence): void {
  context.counts.log("warn", "sockets are closed: the store is away");
  partFromAll(context, presence, {
    code: closeCodes.tryAgainLater,
    reason: "try again later",
    spreadMs: context.limits.storeCloseSpreadMs,
    graceMs: 0,
  });
}

/** An order whose socket is gone or has been replaced never leaves, and its actor is told so. */
function call(order: CallOrder, context: GatewayContext, presence: Presence): void {
  const carryOut = (connection: Connection | undefined): void => {
    if (connection !== undefined) return connection.call(order);
    const address = addressOf(order.tenant ?? defaultTenant, order.identity);
    tellAnswer(context, { address }, order, { outcome: "expired" });
  };
  if (order.tenant !== context.tenant) carryOut(undefined);
  else presence.find(order.identity, order.epoch, carryOut);
}
