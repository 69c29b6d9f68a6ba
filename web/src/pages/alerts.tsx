import { Button, SegmentedControl } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { Link } from "react-router";
import { segment, withQuery } from "../api.ts";
import { DataTable } from "../components/data_table.tsx";
import { Chip } from "../components/glyph.tsx";
import { Instant } from "../components/instant.tsx";
import { ListCard, usePagedList } from "../components/list_card.tsx";
import { Empty, PageHead } from "../components/page.tsx";
import { useAction } from "../components/toasts.tsx";
import { changeItems, useApi, useLiveEvents, useThrottled } from "../live.tsx";
import { alertsIn, replaceIn } from "../live_merge.ts";
import type { Alert } from "../shapes.ts";
import { lookOfAlert } from "../status.ts";

const kindWords: Readonly<Record<Alert["kind"], string>> = {
  offline: "Station offline",
  faulted: "Connector faulted",
  bootLoop: "Restarts again and again",
  implausibleMeter: "Implausible meter",
  stuckSession: "Session is stuck",
  orphanedSession: "Orphaned session",
  clockOff: "Clock is off",
  duplicateIdentity: "Two devices, one identity",
  localListFailed: "Local list refused",
  stationEvent: "The station noticed something",
  configurationDrift: "Not configured as intended",
  firmwareFailed: "Firmware was not installed",
  securityEvent: "Security event",
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
  const list = usePagedList<Alert>(question);
  const { query, paging } = list;
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
  return (
    <ListCard
      list={list}
      word="alerts"
      filters={<StatusFilter status={status} onChange={setStatus} />}
      empty={<NoAlert isOpen={status === "open"} />}
    >
      <DataTable
        heads={["What", "Station", "Opened", "Status", { word: "Actions", isHidden: true }]}
        items={list.items}
      >
        {(alert) => <AlertRow key={alert.id} alert={alert} onDone={query.reload} />}
      </DataTable>
    </ListCard>
  );
}

function StatusFilter(
  { status, onChange }: { status: string; onChange: (status: string) => void },
): ReactElement {
  return (
    <SegmentedControl
      aria-label="Status"
      value={status}
      onChange={onChange}
      data={[
        { value: "open", label: "Open" },
        { value: "acknowledged", label: "Acknowledged" },
        { value: "resolved", label: "Resolved" },
        { value: "", label: "All" },
      ]}
    />
  );
}

function NoAlert({ isOpen }: { isOpen: boolean }): ReactElement {
  return (
    <Empty title={isOpen ? "All is well" : "No such alert"}>
      <p>
        {isOpen
          ? "Nothing needs your attention. Alerts open by themselves and show here at once."
          : "Choose another status above."}
      </p>
    </Empty>
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
