import { Button } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { Link, useParams } from "react-router";
import { segment, withQuery } from "../api.ts";
import {
  lookOfCampaign,
  lookOfStation,
  stateLooks,
  wordsOfPace,
  wordsOfSteps,
} from "../campaign_look.ts";
import { wordsOfKind } from "../command_advice.ts";
import { CampaignProgress } from "../components/campaign_progress.tsx";
import { DataTable } from "../components/data_table.tsx";
import { Chip } from "../components/glyph.tsx";
import { Instant } from "../components/instant.tsx";
import { JsonView } from "../components/json_view.tsx";
import { ListCard, usePagedList } from "../components/list_card.tsx";
import { Card, Empty, Facts, PageHead, ProblemNote } from "../components/page.tsx";
import { useAction } from "../components/toasts.tsx";
import { formatCount } from "../format.ts";
import { useApi, usePolling, useQuery } from "../live.tsx";
import type { Campaign, CampaignStation } from "../shapes.ts";

const pollMs = 1_000;
const back = { to: "/campaigns", word: "Campaigns" };
const states = ["waiting", "running", "done", "failed"] as const;
type State = typeof states[number];

export function CampaignPage(): ReactElement {
  const { id = "" } = useParams();
  const query = useQuery<Campaign>(`/campaigns/${segment(id)}`);
  const campaign = query.value;
  const [only, setOnly] = useState<State>();
  const isMoving = campaign?.status === "running" || (campaign?.progress.running ?? 0) > 0;
  usePolling(query.reload, pollMs, isMoving);
  if (campaign === undefined) {
    return (
      <>
        <PageHead title="Campaign" back={back} />
        {query.error === undefined
          ? null
          : <ProblemNote error={query.error} onRetry={query.reload} />}
      </>
    );
  }
  return (
    <>
      <PageHead
        title={campaign.name}
        back={back}
        beside={<Chip look={lookOfCampaign(campaign)} />}
        actions={<Actions campaign={campaign} onChanged={query.change} />}
      />
      {campaign.reason === undefined
        ? null
        : <p className="advice" role="note">{campaign.reason}.</p>}
      <div className="stack">
        <Card>
          <Overview campaign={campaign} only={only} onOnly={setOnly} />
        </Card>
        <Stations
          key={only ?? "all"}
          id={id}
          only={only}
          steps={campaign.steps}
          isMoving={isMoving}
        />
      </div>
    </>
  );
}

interface ActionsProps {
  readonly campaign: Campaign;
  readonly onChanged: (update: (before: Campaign) => Campaign) => void;
}

function Actions({ campaign, onChanged }: ActionsProps): ReactElement {
  const api = useApi();
  const { busy, run } = useAction();
  const act = (action: string): void =>
    void run(async () => {
      const next = await api.post<Campaign>(`/campaigns/${segment(campaign.id)}/${action}`, {});
      onChanged(() => next);
    });
  const { status, progress: { failed } } = campaign;
  return (
    <>
      {failed > 0
        ? (
          <Button variant="default" loading={busy} onClick={() => act("retry-failed")}>
            Retry the {failed === 1 ? "failed one" : `${formatCount(failed)} failed`}
          </Button>
        )
        : null}
      {status === "running"
        ? <Button variant="default" loading={busy} onClick={() => act("pause")}>Pause</Button>
        : null}
      {status === "paused"
        ? <Button loading={busy} onClick={() => act("resume")}>Resume</Button>
        : null}
      {status === "running" || status === "paused"
        ? (
          <Button variant="light" color="red" loading={busy} onClick={() => act("stop")}>
            Stop
          </Button>
        )
        : null}
    </>
  );
}

interface OverviewProps {
  readonly campaign: Campaign;
  readonly only: State | undefined;
  readonly onOnly: (state: State | undefined) => void;
}

function Overview({ campaign, only, onOnly }: OverviewProps): ReactElement {
  const { progress, steps, createdAt, finishedAt, waitsUntil } = campaign;
  return (
    <div className="form">
      <div className="row">
        <b>{formatCount(progress.done + progress.failed)} of {formatCount(progress.total)}</b>
        <span className="soft">stations are through</span>
      </div>
      <CampaignProgress progress={progress} />
      <div className="row">
        {states.filter((state) => progress[state] > 0).map((state) => (
          <button
            key={state}
            type="button"
            className="plain"
            aria-pressed={only === state}
            onClick={() => onOnly(only === state ? undefined : state)}
          >
            <Chip look={stateLooks[state]} name={formatCount(progress[state])} />
          </button>
        ))}
      </div>
      <Facts
        facts={[
          ["What", wordsOfSteps(steps)],
          ["Pace", wordsOfPace(campaign)],
          ["Begun", <Instant key="begun" at={createdAt} />],
          finishedAt === undefined
            ? ["Waits until", <Instant key="waits" at={waitsUntil} />]
            : ["Ended", <Instant key="ended" at={finishedAt} />],
        ]}
      />
    </div>
  );
}

interface StationsProps {
  readonly id: string;
  readonly only: State | undefined;
  readonly steps: Campaign["steps"];
  readonly isMoving: boolean;
}

function Stations({ id, only, steps, isMoving }: StationsProps): ReactElement {
  const list = usePagedList<CampaignStation>(
    withQuery(`/campaigns/${segment(id)}/stations`, { state: only, limit: 100 }),
  );
  usePolling(list.query.reload, pollMs, isMoving);
  const heads = ["Station", "State", "At", "What it said"];
  return (
    <ListCard
      list={list}
      word="stations"
      empty={
        <Empty title="No station">
          <p>None is in this state now.</p>
        </Empty>
      }
    >
      <DataTable heads={heads} items={list.items}>
        {(station) => (
          <tr key={station.stationId}>
            <td data-grow="true">
              <Link className="link" to={`/stations/${segment(station.stationId)}`}>
                {station.stationId}
              </Link>
            </td>
            <td data-push="true">
              <Chip look={lookOfStation(station)} />
            </td>
            <td>{stepOf(station, steps)}</td>
            <td data-grow="true">
              {station.detail === undefined ? null : <div>{station.detail}</div>}
              <Answer station={station} />
            </td>
          </tr>
        )}
      </DataTable>
    </ListCard>
  );
}

function stepOf({ state, stepsDone }: CampaignStation, steps: Campaign["steps"]): string {
  const step = steps[stepsDone];
  if (state === "done" || step === undefined) {
    return steps.length === 1 ? "Done" : `All ${steps.length} steps done`;
  }
  const word = wordsOfKind(step.kind);
  return steps.length === 1 ? word : `${stepsDone + 1} of ${steps.length}: ${word}`;
}

/** The answer to the last command, for who wants to know. */
function Answer({ station: { command } }: { station: CampaignStation }): ReactElement | null {
  const said = command?.error ?? command?.response;
  if (said === undefined || said === null) return null;
  return (
    <details className="answer">
      <summary className="soft small">The station's answer</summary>
      <JsonView value={said} />
    </details>
  );
}
