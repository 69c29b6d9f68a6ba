import { Tabs } from "@mantine/core";
import { type ReactElement, type ReactNode, useEffect, useRef } from "react";
import { useParams, useSearchParams } from "react-router";
import { Chip } from "../components/glyph.tsx";
import { Empty, PageHead, ProblemNote } from "../components/page.tsx";
import { Presence } from "../components/presence.tsx";
import { useStation } from "../station_live.ts";
import type { Station } from "../shapes.ts";
import { AlertList } from "./alerts.tsx";
import { StationReservations } from "./reservations.tsx";
import { SessionTable } from "./sessions.tsx";
import { StationConfiguration } from "./station_configuration.tsx";
import { StationLog } from "./station_log.tsx";
import { StationMessages } from "./station_messages.tsx";
import { StationNow } from "./station_now.tsx";
import { StationProfiles } from "./station_profiles.tsx";
import { StationService } from "./station_care.tsx";
import { StationSettings } from "./station_settings.tsx";
import { StationTokens } from "./station_tokens.tsx";

const tabs = [
  { value: "now", word: "Now" },
  { value: "log", word: "OCPP log" },
  { value: "sessions", word: "Sessions" },
  { value: "reservations", word: "Reservations" },
  { value: "charging", word: "Limits" },
  { value: "configuration", word: "Configuration" },
  { value: "tokens", word: "Tokens on station" },
  { value: "messages", word: "Messages" },
  { value: "service", word: "Service" },
  { value: "alerts", word: "Alerts" },
  { value: "settings", word: "Settings" },
] as const;
type Tab = typeof tabs[number]["value"];

export function StationPage(): ReactElement {
  const { id = "" } = useParams();
  return <StationView key={id} id={id} />;
}

function StationView({ id }: { id: string }): ReactElement {
  const query = useStation(id);
  const [params, setParams] = useSearchParams();
  const tab = tabs.find(({ value }) => value === params.get("tab"))?.value ?? "now";
  const station = query.value;
  const back = { to: "/", word: "Stations" };
  if (station === undefined) {
    return (
      <>
        <PageHead title={id} back={back} />
        {query.error?.status === 404
          ? (
            <Empty title="There is no such station">
              <p>It may have been removed. Stations are added on the page before.</p>
            </Empty>
          )
          : null}
        {query.error === undefined || query.error.status === 404
          ? null
          : <ProblemNote error={query.error} onRetry={query.reload} />}
      </>
    );
  }
  return (
    <>
      <PageHead
        title={station.id}
        back={back}
        beside={
          <>
            <Presence station={station} />
            {station.registration === "Accepted"
              ? null
              : <Chip look={{ word: station.registration, tone: "occupied", shape: "clock" }} />}
            {station.tags.map((tag) => <span key={tag} className="tag">{tag}</span>)}
          </>
        }
      />
      {query.error === undefined
        ? null
        : <ProblemNote error={query.error} onRetry={query.reload} />}
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) =>
          setParams(value === null || value === "now" ? {} : { tab: value }, { replace: true })}
      >
        <TabWords tab={tab} />
        <Tabs.Panel value={tab}>{contentOf(tab, station, query.reload)}</Tabs.Panel>
      </Tabs>
    </>
  );
}

/** On a phone most of them are out of sight: the chosen one is brought into it. */
function TabWords({ tab }: { tab: Tab }): ReactElement {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const chosen = list.current?.querySelector('[aria-selected="true"]');
    chosen?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [tab]);
  return (
    <Tabs.List ref={list} mb="md" className="tabs">
      {tabs.map(({ value, word }) => <Tabs.Tab key={value} value={value}>{word}</Tabs.Tab>)}
    </Tabs.List>
  );
}

function contentOf(tab: Tab, station: Station, reload: () => void): ReactNode {
  if (tab === "now") return <StationNow station={station} />;
  if (tab === "log") return <StationLog stationId={station.id} />;
  if (tab === "sessions") return <SessionTable station={station.id} />;
  if (tab === "charging") return <StationProfiles station={station} />;
  if (tab === "reservations") return <StationReservations station={station} />;
  if (tab === "configuration") return <StationConfiguration station={station} />;
  if (tab === "tokens") return <StationTokens station={station} />;
  if (tab === "messages") return <StationMessages station={station} />;
  if (tab === "service") return <StationService station={station} />;
  if (tab === "alerts") return <AlertList station={station.id} />;
  return <StationSettings station={station} onSaved={reload} />;
}
