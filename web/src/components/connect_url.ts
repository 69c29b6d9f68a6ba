/** Defaults of `OCPP_PORT` and `OCPP_TLS_PORT`; behind TLS it is the proxy that listens there. */
const OCPP_PORT = 9_220;
const OCPP_TLS_PORT = 9_221;

/** Where a station has to connect: the host that the browser uses, at the OCPP port. */
export function connectUrl(
  stationId: string,
  page: Pick<Location, "protocol" | "hostname"> = location,
): string {
  const [scheme, port] = page.protocol === "https:" ? ["wss", OCPP_TLS_PORT] : ["ws", OCPP_PORT];
  return `${scheme}://${page.hostname}:${port}/ocpp/${encodeURIComponent(stationId)}`;
}
