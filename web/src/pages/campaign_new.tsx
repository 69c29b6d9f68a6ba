import { Button, Stepper, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { useNavigate } from "react-router";
import { segment, withQuery } from "../api.ts";
import { wordsOfSteps } from "../campaign_look.ts";
import { Form } from "../components/form.tsx";
import { Card, PageHead } from "../components/page.tsx";
import { useAction } from "../components/toasts.tsx";
import { formatCount } from "../format.ts";
import { useApi, useQuery } from "../live.tsx";
import type { Campaign, List, Station } from "../shapes.ts";
import { emptyPace, type Pace, PaceFields, paceOf } from "./campaign_pace.tsx";
import { emptyStep, type Step, StepFields } from "./campaign_steps.tsx";
import { emptyWho, filterOf, type Who, WhoFields } from "./campaign_who.tsx";

const words = ["Who", "What", "How fast"] as const;
const LAST = words.length - 1;

/** A campaign in three steps; each can be gone back to. */
export function CampaignNewPage(): ReactElement {
  const [at, setAt] = useState(0);
  const [name, setName] = useState("");
  const [who, setWho] = useState<Who>(emptyWho);
  const [steps, setSteps] = useState<readonly Step[]>([emptyStep]);
  const [pace, setPace] = useState<Pace>(emptyPace);
  const chosen = useChosen(who);
  const api = useApi();
  const navigate = useNavigate();
  const { busy, run } = useAction();
  const isReady = [
    chosen.count > 0,
    steps.every(({ kind }) => kind !== null),
    name.trim() !== "",
  ];
  const begin = (): void =>
    void run(async () => {
      const campaign = await api.post<Campaign>("/campaigns", {
        name: name.trim(),
        ...(who.by === "list" ? { stationIds: [...who.stationIds] } : { filter: filterOf(who) }),
        steps: steps.map(({ kind, body }) => ({ kind, body })),
        ...paceOf(pace),
      });
      await navigate(`/campaigns/${segment(campaign.id)}`, { replace: true });
    });
  return (
    <>
      <PageHead title="New campaign" back={{ to: "/campaigns", word: "Campaigns" }} />
      <div style={{ maxWidth: 720 }}>
        <Card>
          <Stepper active={at} onStepClick={setAt} size="sm" className="campaign-stepper">
            {words.map((word, index) => (
              <Stepper.Step
                key={word}
                label={word}
                allowStepSelect={index < at || isReady.slice(0, index).every(Boolean)}
              />
            ))}
          </Stepper>
          <Form onSubmit={() => at < LAST ? setAt(at + 1) : begin()}>
            {at === 0 ? <WhoFields who={who} chosen={chosen} onChange={setWho} /> : null}
            {at === 1 ? <StepFields steps={steps} onChange={setSteps} /> : null}
            {at === LAST
              ? (
                <>
                  <TextInput
                    label="Name"
                    description="By which you find it again."
                    value={name}
                    onChange={(event) => setName(event.currentTarget.value)}
                    maxLength={200}
                    required
                    withAsterisk={false}
                    data-autofocus
                  />
                  <PaceFields pace={pace} onChange={setPace} />
                  <p className="advice" role="note">{summaryOf(chosen, steps)}</p>
                </>
              )
              : null}
            <Ways at={at} onBack={() => setAt(at - 1)} busy={busy} isReady={isReady[at] === true} />
          </Form>
        </Card>
      </div>
    </>
  );
}

interface WaysProps {
  readonly at: number;
  readonly onBack: () => void;
  readonly busy: boolean;
  readonly isReady: boolean;
}

function Ways({ at, onBack, busy, isReady }: WaysProps): ReactElement {
  return (
    <div className="row" style={{ justifyContent: "flex-end" }}>
      {at === 0 ? null : <Button variant="default" size="sm" onClick={onBack}>Back</Button>}
      <Button type="submit" size="sm" loading={busy} disabled={!isReady}>
        {at < LAST ? "Next" : "Begin the campaign"}
      </Button>
    </div>
  );
}

export interface Chosen {
  readonly count: number;
  /** `12`, or that there are more than are counted. */
  readonly word: string;
  readonly sample: readonly Station[];
}

function useChosen(who: Who): Chosen {
  const isList = who.by === "list";
  const query = useQuery<List<Station>>(
    isList ? null : withQuery("/stations", { ...filterOf(who), limit: 1_000 }),
  );
  const sample = query.value?.items ?? [];
  if (isList) {
    const count = who.stationIds.length;
    return { count, word: formatCount(count), sample: [] };
  }
  const isMore = query.value?.nextCursor !== null && query.value !== undefined;
  const word = isMore ? `more than ${formatCount(sample.length)}` : formatCount(sample.length);
  return { count: sample.length, word, sample };
}

function summaryOf({ count, word }: Chosen, steps: readonly Step[]): string {
  const what = wordsOfSteps(
    steps.flatMap(({ kind, body }) => kind === null ? [] : [{ kind, body }]),
  );
  const stations = count === 1 ? "1 station" : `${word} stations`;
  return `${what} at ${stations}. It begins at once; you can pause or stop it at any time.`;
}
