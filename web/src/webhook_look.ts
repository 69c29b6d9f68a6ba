/** How a webhook and a delivery are shown: a word, a tone and a shape. */
import type { Webhook, WebhookDelivery } from "./shapes.ts";
import type { Look } from "./status.ts";

export function lookOfWebhook(webhook: Webhook): Look {
  if (!webhook.enabled && webhook.disabledReason !== null) {
    return { word: "Disabled", tone: "faulted", shape: "cross" };
  }
  if (!webhook.enabled) return { word: "Off", tone: "off", shape: "pause" };
  if (webhook.failingSince !== null) return { word: "Failing", tone: "faulted", shape: "triangle" };
  if (webhook.lastDeliveredAt === null) return { word: "Ready", tone: "off", shape: "circle" };
  return { word: "Arriving", tone: "available", shape: "check" };
}

export function lookOfDelivery(status: WebhookDelivery["status"]): Look {
  if (status === "delivered") return { word: "Delivered", tone: "available", shape: "check" };
  if (status === "dead") return { word: "Given up", tone: "faulted", shape: "cross" };
  return { word: "Waiting", tone: "occupied", shape: "clock" };
}

/** What it is told of, in a few words. */
export function wordsOfKinds({ kinds, stations }: Webhook): string {
  const what = kinds.length === 0 ? "Everything" : kinds.map(kindWord).join(", ");
  if (stations === undefined) return what;
  return `${what} of ${stations.length === 1 ? stations[0] : `${stations.length} stations`}`;
}

/** A charger (the actor's word) is a station on the pages. */
export function kindWord(kind: string): string {
  return kind.replace(/^charger(?=$|\.)/, "station");
}
