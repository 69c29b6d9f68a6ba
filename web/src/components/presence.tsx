import type { ReactElement } from "react";
import { formatDuration, formatExact, parseInstant } from "../format.ts";
import { useNow } from "../live.tsx";
import type { Station } from "../shapes.ts";
import { Glyph } from "./glyph.tsx";

/** Whether a station is reachable, apart from what it reports about itself. */
export function Presence({ station }: { station: Station }): ReactElement {
  const now = useNow();
  const { connected, protocol, lastSeenAt } = station.presence;
  const seen = parseInstant(lastSeenAt);
  const title = seen === null ? undefined : `Last heard of on ${formatExact(seen)}`;
  if (connected) {
    return (
      <span className="presence" data-tone="available" title={title}>
        <Glyph shape="check" size={12} /> Connected{" "}
        <span className="soft small">{protocol?.replace("ocpp", "OCPP ") ?? ""}</span>
      </span>
    );
  }
  return (
    <span className="presence soft" data-tone="off" title={title}>
      <Glyph shape="cross" size={11} />{" "}
      {seen === null ? "Never connected" : `Away for ${formatDuration(now - seen)}`}
    </span>
  );
}
