import { Autocomplete, Button, SegmentedControl, Switch, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactElement, useState } from "react";
import { segment, withQuery } from "../api.ts";
import { Icon } from "../components/icons.tsx";
import { Instant } from "../components/instant.tsx";
import { gist, JsonView } from "../components/json_view.tsx";
import { ListCard, usePagedList } from "../components/list_card.tsx";
import { Empty } from "../components/page.tsx";
import { usePolling } from "../live.tsx";
import type { OcppMessage } from "../shapes.ts";

const tailMs = 2_000;
const usualActions = [
  "BootNotification",
  "StatusNotification",
  "Heartbeat",
  "Authorize",
  "StartTransaction",
  "MeterValues",
  "StopTransaction",
  "TransactionEvent",
  "DataTransfer",
];

const directions = [
  { value: "", label: "Both" },
  { value: "in", label: "Received" },
  { value: "out", label: "Sent" },
];

interface Filters {
  readonly action: string;
  readonly search: string;
  readonly direction: string;
}

/** Every OCPP message to and from a station, newest first; the newest page follows live. */
export function StationLog({ stationId }: { stationId: string }): ReactElement {
  const [filters, setFilters] = useState<Filters>({ action: "", search: "", direction: "" });
  const [isTail, setIsTail] = useState(true);
  const [{ action, search, direction }] = useDebouncedValue(filters, 300);
  const list = usePagedList<OcppMessage>(
    withQuery(`/stations/${segment(stationId)}/messages`, {
      action: action.trim(),
      search: search.trim(),
      direction,
      limit: 100,
    }),
  );
  usePolling(list.query.reload, tailMs, isTail && list.paging.page === 1);
  return (
    <ListCard
      list={list}
      word="messages"
      filters={
        <>
          <FilterFields filters={filters} onChange={setFilters} />
          <Switch
            label="Follow"
            checked={isTail}
            onChange={(event) => setIsTail(event.currentTarget.checked)}
            style={{ alignSelf: "center" }}
          />
        </>
      }
      empty={
        <Empty title="No message">
          <p>The station has not said anything that matches.</p>
        </Empty>
      }
    >
      <div className="log">
        {(list.items ?? []).map((message) => (
          <LogLine
            key={`${message.at} ${message.direction} ${message.messageType} ${message.messageId}`}
            message={message}
          />
        ))}
      </div>
    </ListCard>
  );
}

interface FilterFieldsProps {
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
}

function FilterFields({ filters, onChange }: FilterFieldsProps): ReactElement {
  const set = (change: Partial<Filters>): void => onChange({ ...filters, ...change });
  return (
    <>
      <Autocomplete
        className="grow"
        aria-label="Action"
        placeholder="Any action"
        data={usualActions}
        value={filters.action}
        onChange={(action) => set({ action })}
        clearable
      />
      <TextInput
        className="grow"
        aria-label="Text in the payload"
        placeholder="Text in the payload"
        leftSection={<Icon name="search" size={16} />}
        value={filters.search}
        onChange={(event) => set({ search: event.currentTarget.value })}
      />
      <SegmentedControl
        aria-label="Direction"
        value={filters.direction}
        onChange={(direction) => set({ direction })}
        data={directions}
      />
    </>
  );
}

const typeWords: Readonly<Record<string, string>> = {
  CALL: "call",
  CALLRESULT: "answer",
  CALLERROR: "error",
  SEND: "send",
  unreadable: "unreadable",
};

function LogLine({ message }: { message: OcppMessage }): ReactElement {
  const [open, setOpen] = useState(false);
  const isIn = message.direction === "in";
  const isError = message.messageType === "CALLERROR" || message.messageType === "unreadable";
  return (
    <>
      <button
        type="button"
        className="log-line"
        aria-expanded={open}
        onClick={() => setOpen((before) => !before)}
      >
        <span style={{ rotate: open ? "0deg" : "-90deg", display: "inline-flex" }}>
          <Icon name="down" size={13} />
        </span>
        <span className="soft">
          <Instant at={message.at} />
        </span>
        <span
          className="log-way"
          data-way={message.direction}
          title={isIn ? "From the station" : "To the station"}
        >
          <Icon name={isIn ? "inbound" : "outbound"} size={15} />
          <span className="sr-only">{isIn ? "from the station" : "to the station"}</span>
        </span>
        <span data-tone={isError ? "faulted" : undefined} className="log-action">
          <b>{message.action ?? "–"}</b>{" "}
          <span className="soft small">
            {typeWords[message.messageType] ?? message.messageType}
          </span>
        </span>
        <span className="gist mono">{gist(message.payload)}</span>
      </button>
      {open
        ? (
          <div className="log-open">
            <div className="row small soft" style={{ marginBottom: 6 }}>
              <span>
                Message id <span className="mono">{message.messageId ?? "–"}</span>
              </span>
              {message.payload === null ? null : <CopyPayload payload={message.payload} />}
            </div>
            {message.payload === null
              ? <p className="soft small">Its payload was not kept.</p>
              : <JsonView value={message.payload} />}
          </div>
        )
        : null}
    </>
  );
}

function CopyPayload({ payload }: { payload: unknown }): ReactElement {
  const copy = (): void => {
    const text = typeof payload === "string" ? payload : JSON.stringify(payload, null, 2);
    void navigator.clipboard.writeText(text);
  };
  return <Button variant="subtle" size="compact-xs" onClick={copy}>Copy payload</Button>;
}
