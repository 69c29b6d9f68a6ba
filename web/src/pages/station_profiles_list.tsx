import { Button } from "@mantine/core";
import { type ReactElement, useState } from "react";
import type { StationProfile, StationProfiles } from "#schemas/rest/charging_profile.ts";
import { segment } from "../api.ts";
import {
  type DrawnSchedule,
  lookOfProfile,
  scheduleOf,
  wordsOfEvse,
  wordsOfKind,
  wordsOfLimit,
  wordsOfPurpose,
  wordsOfSchedule,
} from "../charging_words.ts";
import { Chart, type ChartSeries } from "../components/chart.tsx";
import { DataTable } from "../components/data_table.tsx";
import { Chip } from "../components/glyph.tsx";
import { Instant } from "../components/instant.tsx";
import { Empty } from "../components/page.tsx";
import { useAction } from "../components/toasts.tsx";
import { useApi } from "../live.tsx";
import { lineOf, type StepLine, stepTable } from "../step_lines.ts";

const heads = [
  "Profile",
  "Where",
  "Limit",
  "State",
  "Set",
  { word: "Actions", isHidden: true },
];

interface ListProps {
  readonly stationId: string;
  readonly profiles: StationProfiles | undefined;
}

/** Every profile that was set or reported; one can be drawn and cleared. */
export function ProfileList({ stationId, profiles }: ListProps): ReactElement {
  const [drawn, setDrawn] = useState<number>();
  const items = profiles === undefined ? undefined : rowsOf(stationId, profiles);
  if (items?.length === 0) {
    return (
      <Empty title="No charging profile">
        <p>The station charges as fast as vehicle and cable allow.</p>
      </Empty>
    );
  }
  const shown = items?.find(({ id }) => id === drawn);
  return (
    <>
      <DataTable heads={heads} items={items}>
        {(row) => (
          <ProfileRow
            key={`${row.id} ${row.state} ${row.commandId}`}
            row={row}
            isDrawn={row.id === drawn}
            onDraw={() => setDrawn(row.id === drawn ? undefined : row.id)}
          />
        )}
      </DataTable>
      {shown === undefined || profiles === undefined
        ? null
        : (
          <div style={{ padding: "8px 16px 16px" }}>
            <ProfileChart row={shown} profiles={profiles} />
          </div>
        )}
    </>
  );
}

/** A profile that we set, or one that only the station tells of. */
interface Row extends Pick<StationProfile, "id" | "stationId" | "evseId" | "chargingProfile"> {
  readonly state: StationProfile["state"] | "reported";
  readonly reason: string | null;
  readonly commandId: string;
  readonly setAt: string;
  /** What the station reported under this number; null = nothing. */
  readonly reported: DrawnSchedule | null;
  readonly source: string;
}

function rowsOf(stationId: string, { items, confirmed }: StationProfiles): Row[] {
  const reported = new Map(
    confirmed.map(({ id, chargingProfile }) => [id, scheduleOf(chargingProfile)]),
  );
  const known = new Set(items.map(({ id }) => id));
  return [
    ...items.map((item): Row => ({
      ...item,
      reported: reported.get(item.id) ?? null,
      source: "CSO",
    })),
    ...confirmed.filter(({ id }) => !known.has(id)).map(({ reportedAt, ...rest }): Row => ({
      ...rest,
      stationId,
      state: "reported",
      reason: null,
      commandId: "",
      setAt: reportedAt,
      reported: null,
    })),
  ];
}

function ProfileRow(
  { row, isDrawn, onDraw }: { row: Row; isDrawn: boolean; onDraw: () => void },
): ReactElement {
  const api = useApi();
  const { busy, run } = useAction();
  const { id, stationId, evseId, chargingProfile, state, reason, reported, source } = row;
  const clear = (): void => {
    void run(async () => {
      const body = { chargingProfileId: id };
      await api.post(`/stations/${segment(stationId)}/commands/clear-charging-profile`, body);
    });
  };
  const look = state === "reported"
    ? { word: "Reported", tone: "reserved", shape: "diamond" } as const
    : lookOfProfile(state);
  return (
    <tr>
      <td data-head="Profile">
        <b>{wordsOfPurpose(chargingProfile)}</b>
        <div className="soft">
          No. {id}, level {String(chargingProfile["stackLevel"])}, {wordsOfKind(chargingProfile)}
        </div>
      </td>
      <td data-head="Where">{wordsOfEvse(evseId)}</td>
      <td data-head="Limit">{wordsOfSchedule(scheduleOf(chargingProfile))}</td>
      <td data-head="State">
        <Chip look={look} />
        {reason === null ? null : <div className="soft">{reason}</div>}
        {reported === null || state !== "accepted"
          ? null
          : <div className="soft">{wordsOfReport(scheduleOf(chargingProfile), reported)}</div>}
        {source === "CSO" ? null : <div className="soft">by {source}</div>}
      </td>
      <td data-head="Set">
        <Instant at={row.setAt} as="ago" />
      </td>
      <td>
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" size="compact-xs" onClick={onDraw} aria-expanded={isDrawn}>
            {isDrawn ? "Hide" : "Draw"}
          </Button>
          {source === "CSO"
            ? (
              <Button variant="default" size="compact-xs" loading={busy} onClick={clear}>
                Clear
              </Button>
            )
            : null}
        </div>
      </td>
    </tr>
  );
}

function wordsOfReport(set: DrawnSchedule, reported: DrawnSchedule): string {
  const isSame = set.unit === reported.unit &&
    JSON.stringify(set.periods) === JSON.stringify(reported.periods);
  return isSame ? "confirmed" : `the station has ${wordsOfSchedule(reported)}`;
}

const DAY_S = 86_400;

/** The profile as it was sent, and as the station reported it. */
function ProfileChart(
  { row, profiles }: { row: Row; profiles: StationProfiles },
): ReactElement {
  const reported = profiles.confirmed.find(({ id }) => id === row.id);
  const schedule = scheduleOf(row.chargingProfile);
  const drawn = [
    { label: row.state === "reported" ? "Reported" : "Set", colour: "--chart-power", schedule },
    ...(reported === undefined || row.state === "reported" ? [] : [{
      label: "Reported",
      colour: "--chart-soc",
      schedule: scheduleOf(reported.chargingProfile),
    }]),
  ];
  const { times, values } = stepTable(
    drawn.map((each) => scheduleLine(each.schedule, Date.parse(row.setAt))),
  );
  const series = drawn.map(({ label, colour }, index): ChartSeries => ({
    label,
    colour,
    values: values[index] ?? [],
    format: (value) => wordsOfLimit(value, schedule.unit),
    steps: true,
  }));
  return (
    <Chart
      label={`Profile ${row.id}, ${wordsOfPurpose(row.chargingProfile)}`}
      times={times}
      series={series}
      height={150}
      empty="The profile says no limit."
    />
  );
}

/** One run of the schedule; without an end as far as its periods go, and a day more. */
function scheduleLine(schedule: DrawnSchedule, setAt: number): StepLine {
  const { startAt, durationSeconds, periods } = schedule;
  const last = periods.at(-1)?.startPeriod ?? 0;
  return lineOf(startAt ?? setAt, durationSeconds ?? last + DAY_S, periods);
}
