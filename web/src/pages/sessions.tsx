import { Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactElement, useState } from "react";
import { Link } from "react-router";
import { segment, withQuery } from "../api.ts";
import { DataTable } from "../components/data_table.tsx";
import { Chip } from "../components/glyph.tsx";
import { Elapsed, Instant } from "../components/instant.tsx";
import { ListCard, type PagedList, usePagedList } from "../components/list_card.tsx";
import { Empty, PageHead } from "../components/page.tsx";
import { formatEnergy, formatMoney, formatPower } from "../format.ts";
import { changeItems, useLiveEvents, usePolling, useThrottled } from "../live.tsx";
import { mergeSessions } from "../live_merge.ts";
import type { Session } from "../shapes.ts";
import { lookOfSession } from "../status.ts";

/** Readings of open sessions are no events: they are asked for. */
const readingsMs = 8_000;
const heads = [
  "Started",
  "Station",
  "State",
  "Token",
  { word: "Duration", isNumber: true },
  { word: "Power", isNumber: true },
  { word: "Energy", isNumber: true },
  "Ended by",
];

export function SessionsPage(): ReactElement {
  return (
    <>
      <PageHead title="Sessions" />
      <SessionTable />
    </>
  );
}

interface Filters {
  readonly station: string;
  readonly token: string;
  readonly status: string | null;
  /** Days as `2026-11-22`, or empty. */
  readonly from: string;
  readonly to: string;
}

const noFilters: Filters = { station: "", token: "", status: null, from: "", to: "" };

/** Sessions, newest first; of one station when it is given. */
export function SessionTable({ station }: { station?: string }): ReactElement {
  const [filters, setFilters] = useState(noFilters);
  const [settled] = useDebouncedValue(filters, 300);
  const list = usePagedList<Session>(withQuery("/sessions", {
    station: station ?? settled.station.trim(),
    token: settled.token.trim(),
    status: settled.status,
    from: startOfDay(settled.from, 0),
    to: startOfDay(settled.to, 1),
    limit: 50,
  }));
  useLiveSessions(list, station);
  const isOfAll = station === undefined;
  return (
    <ListCard
      list={list}
      word="sessions"
      filters={<FilterFields filters={filters} onChange={setFilters} hasStation={isOfAll} />}
      empty={
        <Empty title="No session">
          <p>A session appears here as soon as a car starts to charge.</p>
        </Empty>
      }
    >
      <DataTable
        heads={isOfAll ? heads : heads.filter((head) => head !== "Station")}
        items={list.items}
      >
        {(session) => <SessionRow key={session.id} session={session} showStation={isOfAll} />}
      </DataTable>
    </ListCard>
  );
}

/** Sessions change in place; the list is asked for again when one starts, and for new readings. */
function useLiveSessions({ query, paging, items }: PagedList<Session>, station?: string): void {
  const reload = useThrottled(query.reload, 2_000);
  const hasOpen = items?.some((session) => session.status === "open") === true;
  usePolling(query.reload, readingsMs, hasOpen);
  useLiveEvents((events) => {
    changeItems(query, (sessions) => mergeSessions(sessions, events));
    const isNews = events.some((event) =>
      event.kind === "session" && event.event === "started" &&
      (station === undefined || event.body["stationId"] === station)
    );
    if (isNews && paging.page === 1) reload();
  });
}

interface FilterFieldsProps {
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
  readonly hasStation: boolean;
}

function FilterFields({ filters, onChange, hasStation }: FilterFieldsProps): ReactElement {
  const set = (change: Partial<Filters>): void => onChange({ ...filters, ...change });
  return (
    <>
      {hasStation
        ? (
          <TextInput
            className="grow"
            aria-label="Station"
            placeholder="Station id"
            value={filters.station}
            onChange={(event) => set({ station: event.currentTarget.value })}
          />
        )
        : null}
      <TextInput
        className="grow"
        aria-label="Token"
        placeholder="Token uid"
        value={filters.token}
        onChange={(event) => set({ token: event.currentTarget.value })}
      />
      <Select
        aria-label="Status"
        placeholder="Any status"
        data={[{ value: "open", label: "Open" }, { value: "closed", label: "Ended" }]}
        value={filters.status}
        onChange={(status) => set({ status })}
        clearable
        w={150}
      />
      <DateField word="From" value={filters.from} onChange={(from) => set({ from })} />
      <DateField word="To" value={filters.to} onChange={(to) => set({ to })} />
    </>
  );
}

interface DateFieldProps {
  readonly word: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function DateField({ word, value, onChange }: DateFieldProps): ReactElement {
  return (
    <TextInput
      type="date"
      aria-label={`${word} day`}
      leftSection={<span className="soft small">{word}</span>}
      leftSectionWidth={48}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      w={190}
    />
  );
}

/** The local midnight of a day, `days` later. */
function startOfDay(day: string, days: number): string | null {
  const [year, month, date] = day.split("-").map(Number);
  if (year === undefined || month === undefined || date === undefined) return null;
  const midnight = new Date(year, month - 1, date + days);
  return Number.isNaN(midnight.getTime()) ? null : midnight.toISOString();
}

function SessionRow(
  { session, showStation }: { session: Session; showStation: boolean },
): ReactElement {
  const { evseId } = session;
  return (
    <tr data-link="true">
      <td>
        <Link className="link stretch" to={`/sessions/${segment(session.id)}`}>
          <Instant at={session.startedAt} />
        </Link>
      </td>
      {showStation
        ? (
          <td data-grow="true">
            {session.stationId}
            {evseId === null ? null : <span className="soft">{` · ${evseId}`}</span>}
          </td>
        )
        : null}
      <td data-push="true">
        <Chip look={lookOfSession(session)} />
      </td>
      <td className="mono">{session.token?.uid ?? <span className="soft">free</span>}</td>
      <td className="number">
        <Elapsed from={session.startedAt} to={session.endedAt} />
      </td>
      <td className="number">
        {session.status === "open" && typeof session.powerW === "number"
          ? formatPower(session.powerW)
          : null}
      </td>
      <td className="number" data-push="true">
        <b style={{ fontWeight: 600 }}>{formatEnergy(session.energyWh)}</b>
        {session.cost === null || session.cost === undefined
          ? null
          : <div className="soft small">{formatMoney(session.cost)}</div>}
      </td>
      <td>
        <span className="soft">{session.stopReason}</span>
        {session.billable
          ? null
          : <span className="tag" style={{ marginLeft: 6 }}>not billable</span>}
      </td>
    </tr>
  );
}
