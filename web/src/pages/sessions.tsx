import { Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactElement, useState } from "react";
import { Link } from "react-router";
import { segment, withQuery } from "../api.ts";
import { Chip } from "../components/glyph.tsx";
import { Elapsed, Instant } from "../components/instant.tsx";
import { Card, Empty, PageHead, Pager, ProblemNote, SkeletonRows } from "../components/page.tsx";
import { usePaging } from "../components/paging.ts";
import { formatEnergy, formatPower } from "../format.ts";
import { changeItems, useLiveEvents, usePolling, useQuery, useThrottled } from "../live.tsx";
import { mergeSessions } from "../live_merge.ts";
import type { List, Session } from "../shapes.ts";
import { lookOfSession } from "../status.ts";

export function SessionsPage(): ReactElement {
  return (
    <>
      <PageHead title="Sessions" />
      <SessionTable />
    </>
  );
}

/** Sessions, newest first; of one station when it is given. */
export function SessionTable({ station }: { station?: string }): ReactElement {
  const [status, setStatus] = useState<string | null>(null);
  const [stationText, setStationText] = useState("");
  const [token, setToken] = useState("");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [settledStation] = useDebouncedValue(stationText.trim(), 300);
  const [settledToken] = useDebouncedValue(token.trim(), 300);
  const question = withQuery("/sessions", {
    station: station ?? settledStation,
    token: settledToken,
    status,
    from: startOfDay(from, 0),
    to: startOfDay(to, 1),
    limit: 50,
  });
  const paging = usePaging(question);
  const query = useQuery<List<Session>>(
    paging.cursor === null ? question : `${question}&cursor=${encodeURIComponent(paging.cursor)}`,
  );
  const reload = useThrottled(query.reload, 2_000);
  const hasOpen = query.value?.items.some((session) => session.status === "open") === true;
  usePolling(query.reload, 8_000, hasOpen);
  useLiveEvents((events) => {
    changeItems(query, (items) => mergeSessions(items, events));
    const isNews = events.some((event) =>
      event.kind === "session" && event.event === "started" &&
      (station === undefined || event.body["stationId"] === station)
    );
    if (isNews && paging.page === 1) reload();
  });
  const items = query.value?.items;
  return (
    <Card flush>
      <div className="filters" role="search">
        {station === undefined
          ? (
            <TextInput
              className="grow"
              aria-label="Station"
              placeholder="Station id"
              value={stationText}
              onChange={(event) => setStationText(event.currentTarget.value)}
            />
          )
          : null}
        <TextInput
          className="grow"
          aria-label="Token"
          placeholder="Token uid"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
        />
        <Select
          aria-label="Status"
          placeholder="Any status"
          data={[{ value: "open", label: "Open" }, { value: "closed", label: "Ended" }]}
          value={status}
          onChange={setStatus}
          clearable
          w={168}
        />
        <DateField word="From" value={from} onChange={setFrom} />
        <DateField word="To" value={to} onChange={setTo} />
      </div>
      {query.error === undefined ? null : (
        <div className="card-body">
          <ProblemNote error={query.error} onRetry={query.reload} />
        </div>
      )}
      {items?.length === 0
        ? (
          <Empty title="No session">
            <p>A session appears here as soon as a car starts to charge.</p>
          </Empty>
        )
        : <Rows items={items} showStation={station === undefined} />}
      <Pager
        shown={items?.length ?? 0}
        word="sessions"
        page={paging.page}
        onBack={paging.back}
        onForward={paging.forward(query.value?.nextCursor ?? null)}
      />
    </Card>
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

interface RowsProps {
  readonly items: readonly Session[] | undefined;
  readonly showStation: boolean;
}

function Rows({ items, showStation }: RowsProps): ReactElement {
  return (
    <div className="table-scroll">
      <table className="table table-cards">
        <thead>
          <tr>
            <th scope="col">Started</th>
            {showStation ? <th scope="col">Station</th> : null}
            <th scope="col">State</th>
            <th scope="col">Token</th>
            <th scope="col" className="number">Duration</th>
            <th scope="col" className="number">Power</th>
            <th scope="col" className="number">Energy</th>
            <th scope="col">Ended by</th>
          </tr>
        </thead>
        <tbody>
          {items === undefined
            ? <SkeletonRows columns={showStation ? 8 : 7} />
            : items.map((session) => (
              <SessionRow key={session.id} session={session} showStation={showStation} />
            ))}
        </tbody>
      </table>
    </div>
  );
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
