/** One attempt to tell a receiver of one event. */
import type { Clock } from "#engine/ports/clock.ts";
import { Egress, EgressFailure } from "../egress.ts";
import { openSecret } from "./secret.ts";
import { signatureOf } from "./signature.ts";

export const POST_TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 1_024;

/** Where to, and with which secret. */
export interface Target {
  readonly tenant: string;
  readonly webhookId: string;
  readonly url: string;
  readonly sealedSecret: string;
}

export interface Posted {
  /** A 2xx. */
  readonly isDelivered: boolean;
  readonly responseStatus: number | null;
  readonly response: string | null;
  /** A sentence for the operator, when it is not delivered. */
  readonly error: string | null;
}

export interface PostParts {
  readonly egress: Egress;
  readonly clock: Clock;
  readonly serverKey: Uint8Array;
}

/** Posts `body`; resolves with what came of it, whatever that is. */
export async function postEvent(
  { egress, clock, serverKey }: PostParts,
  target: Target,
  event: { readonly id: string; readonly type: string; readonly body: string },
): Promise<Posted> {
  const failed = (error: string): Posted => ({
    ...{ isDelivered: false, responseStatus: null, response: null, error },
  });
  let secret: string;
  try {
    secret = openSecret(target.sealedSecret, target, serverKey);
  } catch {
    return failed("Cannot sign: the secret was sealed under another SERVER_KEY; set a new one");
  }
  try {
    const { status, text } = await egress.post({
      url: target.url,
      body: event.body,
      headers: {
        "content-type": "application/json",
        "user-agent": "statewatt-webhooks/1",
        "statewatt-event-id": event.id,
        "statewatt-event-type": event.type,
        "statewatt-webhook-id": encodeURIComponent(target.webhookId),
        "statewatt-signature": signatureOf(secret, event.body, clock.now()),
      },
      timeoutMs: POST_TIMEOUT_MS,
      answerBytesMax: ANSWER_BYTES_MAX,
    });
    const isDelivered = status >= 200 && status < 300;
    const error = isDelivered ? null : answered(status);
    return { isDelivered, responseStatus: status, response: text, error };
  } catch (thrown) {
    if (!(thrown instanceof EgressFailure)) throw thrown;
    return failed(thrown.message);
  }
}

function answered(status: number): string {
  const isRedirect = status >= 300 && status < 400;
  return `The receiver answered ${status}${isRedirect ? ": redirects are not followed" : ""}`;
}
