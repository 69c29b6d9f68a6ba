import type { ReactElement } from "react";
import {
  formatAgo,
  formatDuration,
  formatExact,
  formatInstant,
  nothing,
  parseInstant,
} from "../format.ts";
import { useNow } from "../live.tsx";

interface InstantProps {
  readonly at: string | null | undefined;
  /** Ago: `3 min ago`. Clock: local time of day or date. */
  readonly as?: "ago" | "clock";
}

/** A moment in local time; the tooltip gives it whole, with its zone. */
export function Instant({ at, as = "clock" }: InstantProps): ReactElement {
  const now = useNow();
  const moment = parseInstant(at);
  if (moment === null) return <span className="soft">{nothing}</span>;
  return (
    <time dateTime={at ?? ""} title={formatExact(moment)} className="nowrap">
      {as === "ago" ? formatAgo(moment, now) : formatInstant(moment, now)}
    </time>
  );
}

/** How long something took, or how long it has been going on. */
export function Elapsed(
  { from, to }: { from: string; to: string | null | undefined },
): ReactElement {
  const now = useNow();
  const start = parseInstant(from);
  if (start === null) return <span>{nothing}</span>;
  return <span className="nowrap">{formatDuration((parseInstant(to) ?? now) - start)}</span>;
}
