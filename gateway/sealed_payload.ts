import { openText, type SealedFor } from "#engine/sealed_text.ts";
import { PlatformError } from "#schemas/errors.ts";
import { mayHoldSealed, replaceSealed, stationSecretPurpose } from "#schemas/sealed_secret.ts";

/** A payload as it leaves. */
export interface OpenedPayload {
  readonly payload: unknown;
  readonly text: string;
}

/**
 * Opens the secrets of a payload for the station that it goes to.
 *
 * @throws {PlatformError} "conflict" when one was sealed for another station or another server key.
 */
export function openedPayload(
  sealed: unknown,
  { tenant, identity }: { readonly tenant: string; readonly identity: string },
  serverKey: Uint8Array,
): OpenedPayload {
  const sealedText = JSON.stringify(sealed);
  if (!mayHoldSealed(sealedText)) return { payload: sealed, text: sealedText };
  const owner: SealedFor = [stationSecretPurpose, tenant, identity];
  try {
    const payload = replaceSealed(
      sealed,
      ({ $sealed }) => JSON.parse(openText($sealed, owner, serverKey)),
    );
    return { payload, text: JSON.stringify(payload) };
  } catch {
    throw new PlatformError(
      "conflict",
      "Cannot send: a secret was sealed for another station or under another SERVER_KEY",
    );
  }
}
