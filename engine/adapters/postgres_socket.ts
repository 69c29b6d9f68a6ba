import { connect, type Socket } from "node:net";

interface Target {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | false;
}

/**
 * Options for `postgres()`: a connection on which nothing moves for `silenceMs` is ended, and with
 * it the queries that wait there. A link that was cut tells nobody, and the kernel tries for a
 * quarter of an hour; meanwhile every await of such a pool would hang. Statements have to be
 * shorter.
 */
export function endingWhenSilent(silenceMs: number): { readonly onnotice: () => void } {
  const socket = ({ host, port, path }: Target): Socket => {
    const made = typeof path === "string" && path !== ""
      ? connect(path)
      : connect(port[0] ?? 5432, host[0] ?? "localhost");
    return made.setTimeout(silenceMs, () => made.destroy());
  };
  // The driver takes `socket`, its types do not know it.
  const options = { onnotice: () => {}, socket };
  return options;
}
