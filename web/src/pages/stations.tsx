import { Button, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useDebouncedValue, useHotkeys } from "@mantine/hooks";
import { type ReactElement, useEffect, useMemo, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import { withQuery } from "../api.ts";
import { Icon } from "../components/icons.tsx";
import { ListCard, type PagedList, usePagedList } from "../components/list_card.tsx";
import { Empty, PageHead } from "../components/page.tsx";
import { changeItems, useLiveEvents, useQuery, useThrottled } from "../live.tsx";
import type { LiveEvent } from "../live_feed.ts";
import { replaceIn, stationOf, stationsIn } from "../live_merge.ts";
import { useOpenSessions } from "../open_sessions.ts";
import type { ChargingLocation, List, Station } from "../shapes.ts";
import { AddStation } from "./station_add.tsx";
import { FirstStation } from "./station_first.tsx";
import { StationNumbers } from "./station_numbers.tsx";
import { StationTable, StationWall } from "./station_table.tsx";

const statuses = [
  "Available",
  "Preparing",
  "Occupied",
  "Charging",
  "SuspendedEV",
  "SuspendedEVSE",
  "Finishing",
  "Reserved",
  "Unavailable",
  "Faulted",
];
const filterNames = ["search", "status", "connected", "locationId", "tag"] as const;
export type StationFilters = Readonly<Record<typeof filterNames[number], string>>;

export function StationsPage(): ReactElement {
  const { filters, setFilter, view, setView } = useFilters();
  const isFiltered = filterNames.some((name) => filters[name] !== "");
  const question = withQuery("/stations", { ...filters, limit: view === "wall" ? 300 : 50 });
  const list = usePagedList<Station>(question);
  useLiveList(list, isFiltered);
  const locations = useQuery<List<ChargingLocation>>("/locations?limit=1000").value?.items ?? [];
  const [adding, setAdding] = useState(false);
  const isNew = list.items?.length === 0 && !isFiltered && list.paging.page === 1;
  const add = (): void => setAdding(true);
  return (
    <>
      <PageHead
        title="Stations"
        actions={
          <Button leftSection={<Icon name="plus" size={15} />} onClick={add}>Add a station</Button>
        }
      />
      <StationNumbers filters={filters} setFilter={setFilter} />
      <ListCard
        list={list}
        word="stations"
        filters={isNew
          ? undefined
          : <FilterBar {...{ filters, setFilter, view, setView, locations }} />}
        empty={isNew ? <FirstStation onAdd={add} /> : (
          <Empty title="No station matches">
            <p>Change or clear the filters above.</p>
          </Empty>
        )}
      >
        <Stations stations={list.items} view={view} locations={locations} />
      </ListCard>
      <AddStation
        opened={adding}
        onClose={() => setAdding(false)}
        onAdded={list.query.reload}
        locations={locations}
      />
    </>
  );
}

interface StationsProps {
  readonly stations: readonly Station[] | undefined;
  readonly view: "table" | "wall";
  readonly locations: readonly ChargingLocation[];
}

/** The stations with what their sessions draw. */
function Stations({ stations, view, locations }: StationsProps): ReactElement {
  const wanted = useMemo(() => (stations ?? []).flatMap((each) => each.openSessions), [stations]);
  const sessions = useOpenSessions(wanted);
  const names = new Map(locations.map((each) => [each.id, each.name]));
  if (view === "wall") return <StationWall stations={stations ?? []} sessions={sessions} />;
  return <StationTable stations={stations} sessions={sessions} locationNames={names} />;
}

interface Filtering {
  readonly filters: StationFilters;
  readonly setFilter: (name: keyof StationFilters, value: string) => void;
  readonly view: "table" | "wall";
  readonly setView: (view: string) => void;
}

/** The filters live in the address, so that a view can be bookmarked and shared. */
function useFilters(): Filtering {
  const [params, setParams] = useSearchParams();
  const set = (name: string, value: string): void => {
    setParams((before) => {
      const after = new URLSearchParams(before);
      if (value === "") after.delete(name);
      else after.set(name, value);
      return after;
    }, { replace: true });
  };
  const of = (name: string): string => params.get(name) ?? "";
  return {
    filters: {
      search: of("search"),
      status: of("status"),
      connected: of("connected"),
      locationId: of("locationId"),
      tag: of("tag"),
    },
    setFilter: set,
    view: params.get("view") === "wall" ? "wall" : "table",
    setView: (view) => set("view", view === "wall" ? "wall" : ""),
  };
}

/** Known stations change in place; the list is asked for again only when its members may have changed. */
function useLiveList({ query, paging, items }: PagedList<Station>, isFiltered: boolean): void {
  const reload = useThrottled(query.reload, isFiltered ? 3_000 : 1_000);
  useLiveEvents((events) => {
    const changed = stationsIn(events);
    changeItems(query, (stations) => replaceIn(stations, changed));
    const shown = new Set((items ?? []).map((station) => station.id));
    const newest = items?.[0]?.createdAt ?? "";
    const isNews = (event: LiveEvent): boolean => {
      if (event.kind !== "charger") return false;
      const id = stationOf(event) ?? "";
      const whole = changed.get(id);
      if (event.event === "removed") return shown.has(id);
      if (whole === undefined) return shown.has(id) || shown.size === 0;
      if (isFiltered) return true;
      return paging.page === 1 && !shown.has(id) && whole.createdAt >= newest;
    };
    if (events.some(isNews)) reload();
  });
}

interface FilterBarProps extends Filtering {
  readonly locations: readonly ChargingLocation[];
}

function FilterBar({ filters, setFilter, view, setView, locations }: FilterBarProps): ReactElement {
  const input = useRef<HTMLInputElement>(null);
  const [search, setSearch] = useState(filters.search);
  const [settled] = useDebouncedValue(search, 250);
  useHotkeys([["/", () => input.current?.focus()]]);
  useEffect(() => {
    if (settled !== filters.search) setFilter("search", settled);
    // Only typing moves the filter; the address follows.
  }, [settled]);
  return (
    <>
      <TextInput
        ref={input}
        className="grow"
        aria-label="Search stations"
        placeholder="Search by id, vendor, model, serial number…"
        leftSection={<Icon name="search" size={16} />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        aria-keyshortcuts="/"
      />
      <Select
        aria-label="Connector status"
        placeholder="Any status"
        data={statuses}
        value={filters.status === "" ? null : filters.status}
        onChange={(value) => setFilter("status", value ?? "")}
        clearable
        w={150}
      />
      <Select
        aria-label="Connection"
        placeholder="Any connection"
        data={[{ value: "true", label: "Connected" }, { value: "false", label: "Away" }]}
        value={filters.connected === "" ? null : filters.connected}
        onChange={(value) => setFilter("connected", value ?? "")}
        clearable
        w={150}
      />
      {locations.length === 0 ? null : (
        <Select
          aria-label="Location"
          placeholder="Any location"
          data={locations.map(({ id, name }) => ({ value: id, label: name }))}
          value={filters.locationId === "" ? null : filters.locationId}
          onChange={(value) => setFilter("locationId", value ?? "")}
          clearable
          searchable
          w={170}
        />
      )}
      {filters.tag === ""
        ? null
        : (
          <Button variant="light" size="sm" onClick={() => setFilter("tag", "")}>
            Tag {filters.tag} ✕
          </Button>
        )}
      <SegmentedControl
        aria-label="View"
        value={view}
        onChange={setView}
        data={[{ value: "table", label: "Table" }, { value: "wall", label: "Wall" }]}
      />
    </>
  );
}
