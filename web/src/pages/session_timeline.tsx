import { Button, Switch } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { segment } from "../api.ts";
import { Instant } from "../components/instant.tsx";
import { JsonView } from "../components/json_view.tsx";
import { Empty, ProblemNote } from "../components/page.tsx";
import { useLiveEvents, useQuery, useThrottled } from "../live.tsx";
import { sessionOf } from "../live_merge.ts";
import type { List, TimelineItem } from "../shapes.ts";

/** What happened in a session, as its journal tells it, newest first. */
export function SessionTimeline({ sessionId }: { sessionId: string }): ReactElement {
  const query = useQuery<List<TimelineItem>>(
    `/sessions/${segment(sessionId)}/timeline?limit=500&order=desc`,
  );
  const [showsSamples, setShowsSamples] = useState(false);
  const reload = useThrottled(query.reload, 3_000);
  useLiveEvents((events) => {
    if (events.some((event) => sessionOf(event) === sessionId)) reload();
  });
  const items = query.value?.items ?? [];
  const shown = showsSamples ? items : items.filter((item) => item.changesState);
  const hidden = items.length - shown.length;
  if (query.error !== undefined) {
    return (
      <div className="card-body">
        <ProblemNote error={query.error} onRetry={query.reload} />
      </div>
    );
  }
  return (
    <>
      <div className="filters">
        <Switch
          label={`Show meter values${hidden === 0 ? "" : ` (${hidden})`}`}
          checked={showsSamples}
          onChange={(event) => setShowsSamples(event.currentTarget.checked)}
        />
      </div>
      {shown.length === 0
        ? <Empty title={query.value === undefined ? "Loading…" : "Nothing has happened yet"} />
        : (
          <ol className="timeline">
            {shown.map((item) => <TimelineLine key={item.seq} item={item} />)}
          </ol>
        )}
    </>
  );
}

function TimelineLine({ item }: { item: TimelineItem }): ReactElement {
  const [open, setOpen] = useState(false);
  const hasMore = item.message !== undefined || item.reply !== undefined;
  return (
    <li data-tone={item.changesState ? "charging" : "off"}>
      <div className="row">
        <span className="soft small">
          <Instant at={item.at} />
        </span>
        <span>{item.what}</span>
        {hasMore
          ? (
            <Button
              variant="subtle"
              size="compact-xs"
              aria-expanded={open}
              style={{ marginLeft: "auto" }}
              onClick={() => setOpen((before) => !before)}
            >
              {open ? "Less" : "Details"}
            </Button>
          )
          : null}
      </div>
      {open
        ? (
          <div className="stack" style={{ gap: 6, marginTop: 6 }}>
            <span className="soft small mono">{item.type}</span>
            {item.message === undefined ? null : <JsonView value={item.message} />}
            {item.reply === undefined ? null : <JsonView value={item.reply} />}
          </div>
        )
        : null}
    </li>
  );
}
