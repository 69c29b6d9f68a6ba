import { Button, PasswordInput, Switch } from "@mantine/core";
import { type ReactElement, useState } from "react";
import type { PasswordChanged, SecurityEvent } from "#schemas/rest/upkeep.ts";
import { segment, withQuery } from "../api.ts";
import { Form } from "../components/form.tsx";
import { Chip, Glyph } from "../components/glyph.tsx";
import { Instant } from "../components/instant.tsx";
import { Card, CodeLine, Empty, Pager, ProblemNote } from "../components/page.tsx";
import { usePagedList } from "../components/list_card.tsx";
import { useAction } from "../components/toasts.tsx";
import { spoken } from "../job_look.ts";
import { useApi, usePolling, useQuery } from "../live.tsx";
import type { Command, Station } from "../shapes.ts";
import { isFinal, lookOfCommand } from "../status.ts";

const pollMs = 1_000;
const eventsPollMs = 5_000;

/** What the station noticed of its own security, newest first. */
export function SecurityEventsCard({ station }: { station: Station }): ReactElement {
  const [isCriticalOnly, setCriticalOnly] = useState(false);
  const list = usePagedList<SecurityEvent>(
    withQuery(`/stations/${segment(station.id)}/security-events`, {
      limit: 8,
      critical: isCriticalOnly ? true : undefined,
    }),
  );
  const { query, paging, items } = list;
  usePolling(query.reload, eventsPollMs, station.presence.connected && paging.page === 1);
  return (
    <Card
      title="Security events"
      beside={
        <Switch
          label="Critical only"
          checked={isCriticalOnly}
          onChange={(event) => setCriticalOnly(event.currentTarget.checked)}
        />
      }
    >
      {query.error === undefined
        ? null
        : <ProblemNote error={query.error} onRetry={query.reload} />}
      {items?.length === 0
        ? (
          <Empty title={isCriticalOnly ? "Nothing critical" : "Nothing reported"}>
            <p>Restarts, opened doors and refused certificates show here as the station tells.</p>
          </Empty>
        )
        : (
          <ol className="event-line" aria-label="Security events">
            {(items ?? []).map((event) => <EventItem key={event.id} event={event} />)}
          </ol>
        )}
      <Pager
        shown={items?.length ?? 0}
        word="events"
        page={paging.page}
        onBack={paging.back}
        onForward={paging.forward(query.value?.nextCursor ?? null)}
      />
    </Card>
  );
}

function EventItem({ event }: { event: SecurityEvent }): ReactElement {
  return (
    <li>
      <span className="event-dot" data-tone={event.isCritical ? "faulted" : "off"}>
        <Glyph shape={event.isCritical ? "triangle" : "circle"} />
      </span>
      <div>
        <b className="break">{spoken(event.type)}</b>
        {event.isCritical ? <span className="sr-only">(critical)</span> : null}
        {event.techInfo === null ? null : <div className="soft break">{event.techInfo}</div>}
        <div className="soft small">
          <Instant at={event.at} />
        </div>
      </div>
    </li>
  );
}

/** Changes the password on both sides: on the station first, here when it has accepted. */
export function PasswordCard({ station }: { station: Station }): ReactElement {
  const api = useApi();
  const { busy, run } = useAction();
  const [password, setPassword] = useState("");
  const [changed, setChanged] = useState<PasswordChanged>();
  const change = (): Promise<boolean> =>
    run(async () => {
      const body = password === "" ? {} : { password };
      const path = `/stations/${segment(station.id)}/password`;
      setChanged(await api.post<PasswordChanged>(path, body));
      setPassword("");
    });
  return (
    <Card title="Password">
      <p className="advice care-lead">
        Sets it on the station itself. Until the station has answered, the old and the new one are
        both good; then only the one that it took.
      </p>
      <Form onSubmit={change}>
        <PasswordInput
          label="New password"
          placeholder="Empty: one that nobody can guess"
          description="16 to 40 characters; OCPP 1.6 has room for 20, or 40 hex digits."
          autoComplete="new-password"
          maxLength={40}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <div>
          <Button type="submit" size="sm" loading={busy} disabled={!station.presence.connected}>
            Set on the station
          </Button>
        </div>
      </Form>
      {changed === undefined ? null : <PasswordOutcome changed={changed} />}
    </Card>
  );
}

function PasswordOutcome({ changed }: { changed: PasswordChanged }): ReactElement {
  const query = useQuery<Command>(`/commands/${segment(changed.commandId)}`);
  const status = query.value?.status ?? "sent";
  usePolling(query.reload, pollMs, !isFinal(status));
  return (
    <div className="password-outcome" aria-live="polite">
      <Chip look={lookOfCommand(status)} />
      <p className="advice">{outcomeWords(status)}</p>
      {changed.password === undefined ? null : (
        <>
          <CodeLine text={changed.password} word="the password" />
          <p className="soft small">Keep it now if you need it: it is not shown again.</p>
        </>
      )}
    </div>
  );
}

function outcomeWords(status: Command["status"]): string {
  switch (status) {
    case "accepted":
      return "The station has taken the new password; the old one is good no longer.";
    case "rejected":
    case "failed":
      return "The station refused. The old password stays. A longer or simpler one may do.";
    case "expired":
      return "The station was away, so it never heard of it. Try again when it is back.";
    case "queued":
    case "sent":
      return "The station has not answered yet.";
    default:
      return "Nobody knows whether the station took it: either is good until it uses one.";
  }
}
