import { Button, SegmentedControl } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { Link } from "react-router";
import { segment, withQuery } from "../api.ts";
import { Chip } from "../components/glyph.tsx";
import { Instant } from "../components/instant.tsx";
import { Card, Empty, PageHead, Pager, ProblemNote, SkeletonRows } from "../components/page.tsx";
import { usePaging } from "../components/paging.ts";
import { useAction } from "../components/toasts.tsx";
import { changeItems, useApi, useLiveEvents, useQuery, useThrottled } from "../live.tsx";
import { alertsIn, replaceIn } from "../live_merge.ts";
import type { Alert, List } from "../shapes.ts";
import { lookOfAlert } from "../status.ts";

const kindWords: Readonly<Record<Alert["kind"], string>> = {
  offline: "Station offline",
  faulted: "Connector faulted",
  bootLoop: "Restarts again and again",
  implausibleMeter: "Implausible meter",
  stuckSession: "Session is stuck",
  orphanedSession: "Orphaned session",
  clockOff: "Clock is off",
};

export function AlertsPage(): ReactElement {
  return (
    <>
      <PageHead title="Alerts" />
      <AlertList />
    </>
  );
}

/** Alerts, newest first; of one station when it is given. */
export function AlertList({ station }: { station?: string }): ReactElement {
  const [status, setStatus] = useState("open");
  const question = withQuery("/alerts", { station, status, limit: 50 });
  const paging = usePaging(question);
  const query = useQuery<List<Alert>>(
    paging.cursor === null ? question : `${question}&cursor=${encodeURIComponent(paging.cursor)}`,
  );
  const reload = useThrottled(query.reload, 2_000);
  useLiveEvents((events) => {
    const changed = alertsIn(events);
    if (changed.size === 0) return;
    changeItems(query, (items) => replaceIn(items, changed));
    const isMine = [...changed.values()].some((alert) =>
      station === undefined || alert.stationId === station
    );
    if (isMine && paging.page === 1) reload();
  });
  const items = query.value?.items;
  return (
    <Card flush>
      <div className="filters">
        <SegmentedControl
          aria-label="Status"
          value={status}
          onChange={setStatus}
          data={[
            { value: "open", label: "Open" },
            { value: "acknowledged", label: "Acknowledged" },
            { value: "resolved", label: "Resolved" },
            { value: "", label: "All" },
          ]}
        />
      </div>
      {query.error === undefined ? null : (
        <div className="card-body">
          <ProblemNote error={query.error} onRetry={query.reload} />
        </div>
      )}
      {items?.length === 0
        ? (
          <Empty title={status === "open" ? "All is well" : "No such alert"}>
            <p>
              {status === "open"
                ? "Nothing needs your attention. Alerts open by themselves and show here at once."
                : "Choose another status above."}
            </p>
          </Empty>
        )
        : (
          <div className="table-scroll">
            <table className="table table-cards">
              <thead>
                <tr>
                  <th scope="col">What</th>
                  <th scope="col">Station</th>
                  <th scope="col">Opened</th>
                  <th scope="col">Status</th>
                  <th scope="col">
                    <span className="sr-only">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {items === undefined
                  ? <SkeletonRows columns={5} rows={3} />
                  : items.map((alert) => (
                    <AlertRow key={alert.id} alert={alert} onDone={query.reload} />
                  ))}
              </tbody>
            </table>
          </div>
        )}
      <Pager
        shown={items?.length ?? 0}
        word="alerts"
        page={paging.page}
        onBack={paging.back}
        onForward={paging.forward(query.value?.nextCursor ?? null)}
      />
    </Card>
  );
}

function AlertRow({ alert, onDone }: { alert: Alert; onDone: () => void }): ReactElement {
  const api = useApi();
  const { busy, run } = useAction();
  const act = (verb: "acknowledge" | "resolve"): void =>
    void run(async () => {
      await api.post(`/alerts/${segment(alert.id)}/${verb}`, {});
      onDone();
    });
  return (
    <tr>
      <td data-wide="true">
        <b style={{ fontWeight: 600 }}>{kindWords[alert.kind] ?? alert.kind}</b>
        <div className="soft">{alert.detail}</div>
      </td>
      <td>
        <Link className="link" to={`/stations/${segment(alert.stationId)}`}>{alert.stationId}</Link>
        {alert.sessionId === null || alert.sessionId === undefined ? null : (
          <div className="small">
            <Link className="soft" to={`/sessions/${segment(alert.sessionId)}`}>its session</Link>
          </div>
        )}
      </td>
      <td>
        <Instant at={alert.openedAt} as="ago" />
      </td>
      <td>
        <Chip look={lookOfAlert(alert.status)} />
      </td>
      <td data-push="true">
        <span className="row" style={{ justifyContent: "flex-end", flexWrap: "nowrap" }}>
          {alert.status === "open"
            ? (
              <Button variant="default" loading={busy} onClick={() => act("acknowledge")}>
                Acknowledge
              </Button>
            )
            : null}
          {alert.status === "resolved"
            ? null
            : (
              <Button variant="subtle" disabled={busy} onClick={() => act("resolve")}>
                Resolve
              </Button>
            )}
        </span>
      </td>
    </tr>
  );
}
