import { Button, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactElement, useState } from "react";
import { Link } from "react-router";
import { segment, withQuery } from "../api.ts";
import { DataTable } from "../components/data_table.tsx";
import { Chip } from "../components/glyph.tsx";
import { Icon } from "../components/icons.tsx";
import { Elapsed, Instant } from "../components/instant.tsx";
import { ListCard, usePagedList } from "../components/list_card.tsx";
import { Card, Empty, PageHead } from "../components/page.tsx";
import { ReservationTimeline } from "../components/reservation_timeline.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi, useLiveEvents, useQuery, useThrottled } from "../live.tsx";
import { isOpen, lookOfReservation, placeOf, remarkOf } from "../reservation_look.ts";
import type { List, Reservation, Station } from "../shapes.ts";
import { ReserveDialog } from "./reserve_dialog.tsx";

const heads = [
  "Station",
  "What",
  "Status",
  "For",
  "Until",
  { word: "Actions", isHidden: true },
];
const statuses = [
  { value: "accepted", label: "Reserved" },
  { value: "pending", label: "Asked" },
  { value: "used", label: "Used" },
  { value: "expired", label: "Expired" },
  { value: "cancelled", label: "Cancelled" },
  { value: "rejected", label: "Refused" },
  { value: "occupied", label: "Refused: occupied" },
  { value: "faulted", label: "Refused: faulted" },
  { value: "unavailable", label: "Refused: unavailable" },
];
const OPEN_SHOWN = 200;

export function ReservationsPage(): ReactElement {
  const [reserving, setReserving] = useState(false);
  return (
    <>
      <PageHead
        title="Reservations"
        actions={
          <Button
            leftSection={<Icon name="plus" size={15} />}
            onClick={() => setReserving(true)}
          >
            Reserve
          </Button>
        }
      />
      <Reservations />
      <ReserveDialog
        opened={reserving}
        onClose={() => setReserving(false)}
        onSaved={() => {}}
      />
    </>
  );
}

/** Those of one station, with the way to make one. */
export function StationReservations({ station }: { station: Station }): ReactElement {
  const [reserving, setReserving] = useState(false);
  return (
    <>
      <div className="row" style={{ justifyContent: "flex-end", marginBottom: 12 }}>
        <Button leftSection={<Icon name="plus" size={15} />} onClick={() => setReserving(true)}>
          Reserve
        </Button>
      </div>
      <Reservations station={station.id} />
      <ReserveDialog
        opened={reserving}
        onClose={() => setReserving(false)}
        onSaved={() => {}}
        stationId={station.id}
      />
    </>
  );
}

function Reservations({ station }: { station?: string }): ReactElement {
  const [filters, setFilters] = useState(noFilter);
  const [settled] = useDebouncedValue(filters, 300);
  const { status } = filters;
  const which = station ?? settled.station.trim();
  const token = settled.token.trim();
  const list = usePagedList<Reservation>(
    withQuery("/reservations", { station: which, token, status, limit: 50 }),
  );
  const open = useOpen(which);
  const { reload } = list.query;
  const again = useThrottled(() => {
    reload();
    open.reload();
  }, 1_000);
  useLiveEvents((events) => {
    if (events.some(({ kind }) => kind === "reservation")) again();
  });
  const isFiltered = filters.station !== "" || token !== "" || status !== null;
  return (
    <div className="stack">
      {open.items.length === 0 ? null : (
        <Card title="From now on">
          <ReservationTimeline reservations={open.items} showStation={station === undefined} />
        </Card>
      )}
      <ListCard
        list={list}
        word="reservations"
        filters={
          <Filters
            filters={filters}
            onChange={setFilters}
            hasStation={station === undefined}
          />
        }
        empty={
          <Empty title={isFiltered ? "No reservation matches" : "Nothing is reserved"}>
            <p>
              A reservation keeps a connector free for one driver, or a group, until it expires or
              is used.
            </p>
          </Empty>
        }
      >
        <DataTable
          heads={station === undefined ? heads : heads.slice(1)}
          items={list.items}
        >
          {(reservation) => (
            <ReservationRow
              key={`${reservation.stationId} ${reservation.id}`}
              reservation={reservation}
              showStation={station === undefined}
              onChanged={again}
            />
          )}
        </DataTable>
      </ListCard>
    </div>
  );
}

/** All that stand or are asked for: what the picture shows. */
function useOpen(station: string): { items: readonly Reservation[]; reload: () => void } {
  const of = (status: string): string =>
    withQuery("/reservations", { station, status, limit: OPEN_SHOWN });
  const accepted = useQuery<List<Reservation>>(of("accepted"));
  const pending = useQuery<List<Reservation>>(of("pending"));
  return {
    items: [...accepted.value?.items ?? [], ...pending.value?.items ?? []],
    reload: () => {
      accepted.reload();
      pending.reload();
    },
  };
}

interface Chosen {
  readonly station: string;
  readonly token: string;
  readonly status: string | null;
}

const noFilter: Chosen = { station: "", token: "", status: null };

interface FiltersProps {
  readonly filters: Chosen;
  readonly onChange: (filters: Chosen) => void;
  readonly hasStation: boolean;
}

function Filters({ filters, onChange, hasStation }: FiltersProps): ReactElement {
  const texts = hasStation
    ? [["station", "Station id"], ["token", "Token uid"]] as const
    : [["token", "Token uid"]] as const;
  return (
    <>
      {texts.map(([name, word]) => (
        <TextInput
          key={name}
          className="grow"
          aria-label={word}
          placeholder={word}
          value={filters[name]}
          onChange={(event) => onChange({ ...filters, [name]: event.currentTarget.value })}
        />
      ))}
      <Select
        aria-label="Status"
        placeholder="Any status"
        data={statuses}
        value={filters.status}
        onChange={(status) => onChange({ ...filters, status })}
        clearable
        w={190}
      />
    </>
  );
}

interface RowProps {
  readonly reservation: Reservation;
  readonly showStation: boolean;
  readonly onChanged: () => void;
}

function ReservationRow({ reservation, showStation, onChanged }: RowProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const { id, stationId, tokenUid, groupId, sessionId, expiresAt, cancellation } = reservation;
  const remark = remarkOf(reservation);
  const isCancelling = cancellation?.status === "pending";
  const cancel = (): void =>
    void run(async () => {
      await api.remove(withQuery(`/reservations/${id}`, { station: stationId }));
      toasts.done(`${stationId} is asked to cancel it`);
      onChanged();
    });
  return (
    <tr>
      {showStation
        ? (
          <td data-grow="true">
            <Link className="link" to={`/stations/${segment(stationId)}`}>{stationId}</Link>
          </td>
        )
        : null}
      <td data-grow={!showStation}>
        {placeOf(reservation)}
        <div className="soft small">No. {id}</div>
      </td>
      <td data-push="true">
        <Chip look={lookOfReservation(reservation)} />
        {remark === undefined ? null : <div className="soft small remark">{remark}</div>}
      </td>
      <td>
        <span className="mono">{tokenUid}</span>
        {groupId === null ? null : <div className="soft small">and group {groupId}</div>}
      </td>
      <td>
        <Instant at={expiresAt} />
        {isOpen(reservation)
          ? (
            <div className="soft small">
              <Elapsed from={new Date().toISOString()} to={expiresAt} /> left
            </div>
          )
          : null}
      </td>
      <td data-push="true">
        <span className="row" style={{ justifyContent: "flex-end", flexWrap: "nowrap" }}>
          {sessionId === undefined
            ? null
            : (
              <Button variant="subtle" component={Link} to={`/sessions/${segment(sessionId)}`}>
                Session
              </Button>
            )}
          {isOpen(reservation)
            ? (
              <Button variant="default" loading={busy} disabled={isCancelling} onClick={cancel}>
                {isCancelling ? "Cancelling" : "Cancel"}
              </Button>
            )
            : null}
        </span>
      </td>
    </tr>
  );
}
