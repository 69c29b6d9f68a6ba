import type { IncomingMessage } from "node:http";

/** Longer than any address, with a zone and brackets. */
const ADDRESS_MAX = 64;

/**
 * Where a station comes from. Behind a proxy of ours that is what the proxy appended to
 * `X-Forwarded-For`; all before it may be anybody's invention.
 */
export function remoteAddressOf(request: IncomingMessage, isForwarded: boolean): string {
  const header = isForwarded ? request.headers["x-forwarded-for"] : undefined;
  const forwarded = [header ?? []].flat().join(",").split(",").at(-1)?.trim() ?? "";
  const isUsable = /^[0-9a-fA-F.:%\w[\]-]+$/.test(forwarded) && forwarded.length <= ADDRESS_MAX;
  const address = isUsable ? forwarded : request.socket.remoteAddress ?? "";
  // An IPv4 station at a socket that takes both families.
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
