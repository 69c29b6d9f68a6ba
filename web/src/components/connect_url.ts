/** Where a station has to connect: the host that the browser uses, at the OCPP port. */
export function connectUrl(stationId: string, ocppPort: number): string {
  const isSecure = location.protocol === "https:";
  return `${isSecure ? "wss" : "ws"}://${location.hostname}:${ocppPort}/ocpp/${
    encodeURIComponent(stationId)
  }`;
}

/** The default of `OCPP_PORT`. */
export const ocppPortDefault = 9_220;
