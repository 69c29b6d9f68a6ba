import { Button, Modal, Switch, Textarea, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { Link, useParams } from "react-router";
import { segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { Chip } from "../components/glyph.tsx";
import { Elapsed, Instant } from "../components/instant.tsx";
import { Card, Empty, Facts, PageHead, ProblemNote } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { formatEnergy, formatMoney, formatPercent, formatPower } from "../format.ts";
import { type Query, useApi, useLiveEvents, usePolling, useQuery } from "../live.tsx";
import { mergeSession, sessionOf } from "../live_merge.ts";
import type { Session } from "../shapes.ts";
import { lookOfSession } from "../status.ts";
import { SessionCharts } from "./session_charts.tsx";
import { SessionTimeline } from "./session_timeline.tsx";

export function SessionPage(): ReactElement {
  const { id = "" } = useParams();
  return <SessionView key={id} id={id} />;
}

function SessionView({ id }: { id: string }): ReactElement {
  const query = useQuery<Session>(`/sessions/${segment(id)}`);
  useLiveEvents((events) => {
    if (!events.some((event) => sessionOf(event) === id)) return;
    query.change((session) => mergeSession(session, events));
  });
  const session = query.value;
  usePolling(query.reload, 3_000, session?.status === "open");
  if (session === undefined) return <Missing id={id} query={query} />;
  return (
    <>
      <PageHead
        title={`Session at ${session.stationId}`}
        back={{ to: "/sessions", word: "Sessions" }}
        beside={
          <>
            <Chip look={lookOfSession(session)} />
            {session.billable ? null : <span className="tag">not billable</span>}
          </>
        }
        actions={<Remark session={session} onSaved={query.reload} />}
      />
      <Numbers session={session} />
      <div className="columns">
        <div className="stack">
          <SessionCharts session={session} />
          <Card title="Timeline" flush>
            <SessionTimeline sessionId={id} />
          </Card>
        </div>
        <SessionFacts session={session} />
      </div>
    </>
  );
}

function Missing({ id, query }: { id: string; query: Query<Session> }): ReactElement {
  return (
    <>
      <PageHead title={`Session ${id}`} back={{ to: "/sessions", word: "Sessions" }} />
      {query.error?.status === 404 ? <Empty title="There is no such session" /> : null}
      {query.error === undefined || query.error.status === 404
        ? null
        : <ProblemNote error={query.error} onRetry={query.reload} />}
    </>
  );
}

function Numbers({ session }: { session: Session }): ReactElement {
  const isOpen = session.status === "open";
  return (
    <div className="metrics">
      <Number word="Energy" value={formatEnergy(session.energyWh)} />
      {session.cost === null || session.cost === undefined
        ? null
        : <Number word={isOpen ? "Cost so far" : "Cost"} value={formatMoney(session.cost)} />}
      <div className="metric">
        <span className="metric-word">{isOpen ? "Charging for" : "Duration"}</span>
        <span className="metric-value">
          <Elapsed from={session.startedAt} to={session.endedAt} />
        </span>
      </div>
      {isOpen ? <Number word="Power now" value={formatPower(session.powerW)} /> : null}
      {typeof session.socPercent === "number"
        ? <Number word="Battery" value={formatPercent(session.socPercent)} />
        : null}
      {isOpen ? null : <Number word="Ended by" value={session.stopReason ?? "–"} />}
    </div>
  );
}

function Number({ word, value }: { word: string; value: string }): ReactElement {
  return (
    <div className="metric">
      <span className="metric-word">{word}</span>
      <span className="metric-value">{value}</span>
    </div>
  );
}

/** What the rules of transactions and meters noticed; others are shown by their name. */
const flagWords: Readonly<Record<string, string>> = {
  clockAhead: "The station's clock is ahead",
  clockNeverSet: "The station's clock was never set",
  endBeforeStart: "It ended before it started",
  gaps: "Messages are missing",
  implausibleJump: "The meter jumped",
  inferredStart: "The meter's start was inferred",
  inferredStop: "The meter's stop was inferred",
  matchedStop: "The stop was matched by connector",
  meterSwap: "The meter was exchanged",
  orphan: "Its start was never seen",
  startMissing: "Its start is missing",
  unauthorised: "The token was not authorised",
};

function SessionFacts({ session }: { session: Session }): ReactElement {
  const meter = [session.meterStartWh, session.meterStopWh]
    .map((wattHours) => wattHours === null ? "–" : formatEnergy(wattHours)).join(" → ");
  return (
    <Card title="Facts">
      <Facts
        facts={[
          [
            "Station",
            <Link key="station" className="link" to={`/stations/${segment(session.stationId)}`}>
              {session.stationId}
            </Link>,
          ],
          [
            "Connector",
            session.evseId === null
              ? null
              : `EVSE ${session.evseId}, connector ${session.connectorId ?? "–"}`,
          ],
          [
            "Token",
            session.token === null ? "None (free vend)" : (
              <span key="token">
                <span className="mono">{session.token.uid}</span>{" "}
                <span className="soft small">{session.token.type}</span>
              </span>
            ),
          ],
          ["Transaction", <span key="id" className="mono">{session.transactionId}</span>],
          ["Started", <Instant key="start" at={session.startedAt} />],
          ["Ended", <Instant key="end" at={session.endedAt} />],
          ["Ended by", session.stopReason],
          ["Meter", meter],
          ["State", session.state],
          [
            "Noticed",
            session.flags.length === 0
              ? "Nothing odd"
              : session.flags.map((flag) => flagWords[flag] ?? flag).join("; "),
          ],
          ["Billable", session.billable ? "Yes" : "No"],
          ["Remark", session.annotation],
        ]}
      />
    </Card>
  );
}

interface RemarkProps {
  readonly session: Session;
  readonly onSaved: () => void;
}

/** A remark, and whether the session may be billed; the reason is asked for when it may not. */
function Remark({ session, onSaved }: RemarkProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState(session.annotation ?? "");
  const [billable, setBillable] = useState(session.billable);
  const [reason, setReason] = useState("");
  const needsReason = !billable && session.billable;
  const save = async (): Promise<void> => {
    const done = await run(async () => {
      await api.patch<Session>(`/sessions/${segment(session.id)}`, {
        annotation: text.trim() === "" ? null : text.trim(),
        billable,
        ...(needsReason ? { reason: reason.trim() } : {}),
      });
      toasts.done("The remark is saved");
      onSaved();
    });
    if (done) setOpened(false);
  };
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>Remark…</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Remark on this session">
        <Form onSubmit={save}>
          <Textarea
            label="Remark"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autosize
            minRows={2}
            maxRows={8}
            maxLength={4_000}
            data-autofocus
          />
          <Switch
            label="Billable"
            checked={billable}
            onChange={(event) => setBillable(event.currentTarget.checked)}
          />
          {needsReason
            ? (
              <TextInput
                label="Why it is not billable"
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value)}
                maxLength={1_000}
                required
                withAsterisk={false}
              />
            )
            : null}
          <FormEnd
            onClose={() => setOpened(false)}
            busy={busy}
            word="Save"
            disabled={needsReason && reason.trim() === ""}
          />
        </Form>
      </Modal>
    </>
  );
}
