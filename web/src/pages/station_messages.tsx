/** What the station's display shows, as a picture and as a list. */
import { Button, SegmentedControl } from "@mantine/core";
import { type ReactElement, useState } from "react";
import type { DisplayMessage } from "#schemas/rest/display_message.ts";
import { segment } from "../api.ts";
import { Chip } from "../components/glyph.tsx";
import { Icon } from "../components/icons.tsx";
import { Instant } from "../components/instant.tsx";
import { Card, Empty, ProblemNote } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import {
  adviceOf,
  displayState,
  isDisplayState,
  lookOfMessage,
  shownIn,
  statesOf,
  stateWords,
  wordOfPriority,
  wordOfState,
} from "../display_words.ts";
import {
  type Query,
  useApi,
  useLiveEvents,
  useNow,
  usePolling,
  useQuery,
  useThrottled,
} from "../live.tsx";
import { stationOf } from "../live_merge.ts";
import type { List, Station } from "../shapes.ts";
import { useStationCommands } from "../station_live.ts";
import { MessageDialog } from "./station_messages_dialog.tsx";

type Messages = Query<List<DisplayMessage>>;

/** A report of the station is on the page a second after it came, and tells no event. */
const REPORT_MS = 2_000;

export function StationMessages({ station }: { station: Station }): ReactElement {
  if (station.presence.protocol === "ocpp1.6") {
    return (
      <Card title="Messages">
        <Empty title="This station has no messages">
          <p>
            It speaks OCPP 1.6, which cannot put texts on a display. Stations of OCPP 2.0.1 and
            later can.
          </p>
        </Empty>
      </Card>
    );
  }
  return <Display station={station} />;
}

function Display({ station }: { station: Station }): ReactElement {
  const query = useQuery<List<DisplayMessage>>(
    `/stations/${segment(station.id)}/display-messages?order=asc&limit=1000`,
  );
  const reload = useThrottled(query.reload, 500);
  useLiveEvents((events) => {
    if (events.some((event) => stationOf(event) === station.id)) reload();
  });
  usePolling(query.reload, REPORT_MS, true);
  const [editing, setEditing] = useState<DisplayMessage | "new">();
  const messages = query.value?.items;
  return (
    <div className="columns">
      <div className="stack">
        {query.error === undefined
          ? null
          : <ProblemNote error={query.error} onRetry={query.reload} />}
        <Card title="Messages" flush>
          <div className="card-body row">
            <Button
              size="xs"
              leftSection={<Icon name="plus" size={14} />}
              onClick={() => setEditing("new")}
            >
              New message…
            </Button>
            <Asking station={station} />
          </div>
          {messages?.length === 0
            ? (
              <Empty title="Nothing is on the display yet">
                <p>
                  A message can welcome drivers, name a price, or say that the station is out of
                  order. If someone else has set some, ask the station what it shows.
                </p>
              </Empty>
            )
            : (
              <ul className="message-list">
                {(messages ?? []).map((message) => (
                  <MessageItem
                    key={message.id}
                    station={station}
                    message={message}
                    query={query}
                    onEdit={() => setEditing(message)}
                  />
                ))}
              </ul>
            )}
        </Card>
      </div>
      <DisplayPicture station={station} messages={messages ?? []} />
      <MessageDialog
        station={station}
        editing={editing}
        onClose={() => setEditing(undefined)}
        onSaved={query.reload}
      />
    </div>
  );
}

/** The station is asked for all of its messages; what it reports is in the list then. */
function Asking({ station }: { station: Station }): ReactElement {
  const commands = useStationCommands(station.id);
  const { busy, run } = useAction();
  return (
    <Button
      size="xs"
      variant="default"
      loading={busy}
      disabled={!station.presence.connected}
      onClick={() => void run(() => commands.send("get-display-messages", {}))}
    >
      Ask the station
    </Button>
  );
}

/** The display as drivers see it, in any state of the station. */
function DisplayPicture(
  { station, messages }: { station: Station; messages: readonly DisplayMessage[] },
): ReactElement {
  const [chosen, setChosen] = useState<string>();
  const now = useNow();
  const present = displayState(station);
  const state = chosen !== undefined && isDisplayState(chosen) ? chosen : present;
  const shown = shownIn(messages, state, now);
  const states = statesOf(station.presence.protocol).slice(0, 4);
  return (
    <Card title="What drivers see">
      <div className="display" role="img" aria-label={pictureWords(shown)}>
        <div className="display-screen" data-state={state}>
          {shown.length === 0
            ? <span className="display-own">The station’s own text</span>
            : shown.map(({ id, message, priority }) => (
              <p key={id} data-alone={priority === "AlwaysFront"}>
                {message.format === "URI" || message.format === "QRCODE"
                  ? `▦ ${message.content}`
                  : message.content}
              </p>
            ))}
        </div>
        <div className="display-foot">{station.id}</div>
      </div>
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label="State of the station"
        value={state}
        onChange={setChosen}
        data={states.map((value) => ({
          value,
          label: stateWords[value].replace(/^While (.)/, (_, first: string) => first.toUpperCase()),
        }))}
      />
      <p className="advice">
        {shown.length > 1 ? "They take turns. " : ""}
        {state === present ? "This is its state now." : "The station is in another state now."}
      </p>
    </Card>
  );
}

function pictureWords(shown: readonly DisplayMessage[]): string {
  return shown.length === 0
    ? "The display shows the station's own text"
    : `The display shows: ${shown.map(({ message }) => message.content).join("; ")}`;
}

interface MessageItemProps {
  readonly station: Station;
  readonly message: DisplayMessage;
  readonly query: Messages;
  readonly onEdit: () => void;
}

function MessageItem({ station, message, query, onEdit }: MessageItemProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const remove = (): Promise<boolean> =>
    run(async () => {
      await api.remove(`/stations/${segment(station.id)}/display-messages/${message.id}`);
      toasts.done("The message is being removed");
      query.reload();
    });
  const advice = adviceOf(message);
  const isGoing = message.status === "clearing";
  return (
    <li>
      <div className="row message-head">
        <Chip look={lookOfMessage(message)} />
        <span className="soft small">
          <span className="mono">{`#${message.id}`}</span> · <Instant at={message.at} as="ago" />
        </span>
      </div>
      <p className="message-text">{message.message.content}</p>
      <p className="soft small message-when">
        {[wordOfState(message.state), wordOfPriority(message.priority)].join(" · ")}
        <Span message={message} />
      </p>
      {advice === undefined ? null : <p className="advice" role="status">{advice}</p>}
      {message.attempt === null ? null : <Attempt attempt={message.attempt} />}
      <div className="row">
        <Button variant="default" size="compact-sm" onClick={onEdit}>Change…</Button>
        {message.shown
          ? (
            <Button
              variant="subtle"
              size="compact-sm"
              loading={busy}
              disabled={isGoing}
              onClick={() => void remove()}
            >
              Remove
            </Button>
          )
          : null}
      </div>
    </li>
  );
}

function Span({ message }: { message: DisplayMessage }): ReactElement {
  const { startAt, endAt, sessionId } = message;
  return (
    <>
      {startAt === null ? null : (
        <>
          {" · from "}
          <Instant at={startAt} />
        </>
      )}
      {endAt === null ? null : (
        <>
          {" · until "}
          <Instant at={endAt} />
        </>
      )}
      {sessionId === null ? null : " · until its session ends"}
    </>
  );
}

/** A change that is under way, or came to nothing: what is above still shows. */
function Attempt(
  { attempt }: { attempt: NonNullable<DisplayMessage["attempt"]> },
): ReactElement {
  const advice = adviceOf(attempt);
  return (
    <div className="message-attempt">
      <p className="small">
        {attempt.status === "pending" ? "Changing to: " : "Not changed to: "}
        “{attempt.message.content}”
      </p>
      {advice === undefined ? null : <p className="advice" role="status">{advice}</p>}
    </div>
  );
}
