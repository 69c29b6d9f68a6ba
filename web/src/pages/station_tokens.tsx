/** Which tokens the station knows by itself: its local list, its cache, what it keeps of people. */
import { Button } from "@mantine/core";
import { type ReactElement, useState } from "react";
import type { LocalList } from "#schemas/rest/local_list.ts";
import { segment } from "../api.ts";
import { CommandList } from "../components/command_list.tsx";
import { Chip, Glyph } from "../components/glyph.tsx";
import { Icon } from "../components/icons.tsx";
import { Instant } from "../components/instant.tsx";
import { Card, ProblemNote } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { type Query, useApi, useLiveEvents, useQuery, useThrottled } from "../live.tsx";
import { stationOf } from "../live_merge.ts";
import { lookOfList, wordsOfFollowing, wordsOfList, wordsOfVersion } from "../local_list_words.ts";
import type { Station } from "../shapes.ts";
import { type StationCommands, useStationCommands } from "../station_live.ts";
import { CustomerCard } from "./station_tokens_customer.tsx";
import { AddTokens, FollowTokens } from "./station_tokens_dialogs.tsx";
import { ListedTokens } from "./station_tokens_list.tsx";
import { CacheCard } from "./station_tokens_cache.tsx";

/** Commands that this page is about. */
const kinds: ReadonlySet<string> = new Set([
  "send-local-list",
  "get-local-list-version",
  "clear-cache",
  "customer-information",
  "set-variables",
]);

export function StationTokens({ station }: { station: Station }): ReactElement {
  const query = useQuery<LocalList>(`/stations/${segment(station.id)}/local-list`);
  const reload = useThrottled(query.reload, 500);
  useLiveEvents((events) => {
    const isMine = events.some((event) => stationOf(event) === station.id);
    if (isMine) reload();
  });
  const commands = useStationCommands(station.id);
  const mine = (commands.commands ?? []).filter(({ kind }) => kinds.has(kind)).slice(0, 4);
  return (
    <div className="stack">
      {query.error === undefined
        ? null
        : <ProblemNote error={query.error} onRetry={query.reload} />}
      <ListCard station={station} query={query} commands={commands} />
      {mine.length === 0 ? null : (
        <Card title="What the station answered" flush>
          <CommandList commands={mine} />
        </Card>
      )}
      <CacheCard station={station} list={query.value} commands={commands} />
      <CustomerCard station={station} commands={commands} />
    </div>
  );
}

interface ListCardProps {
  readonly station: Station;
  readonly query: Query<LocalList>;
  readonly commands: StationCommands;
}

function ListCard({ station, query, commands }: ListCardProps): ReactElement {
  const [dialog, setDialog] = useState<"add" | "follow">();
  const list = query.value;
  const close = (): void => setDialog(undefined);
  const keep = (changed: LocalList): void => query.change(() => changed);
  return (
    <Card
      title="Local list"
      beside={list === undefined ? null : <Chip look={lookOfList(list)} />}
      flush
    >
      <div className="card-body list-top">
        <ListPicture list={list} />
        {list === undefined
          ? null
          : <p className="advice">{wordsOfList(list, station.presence.connected)}</p>}
        <div className="row">
          <Button
            size="xs"
            leftSection={<Icon name="plus" size={14} />}
            disabled={list === undefined || list.followTokens !== false}
            onClick={() => setDialog("add")}
          >
            Add tokens…
          </Button>
          <Button
            size="xs"
            variant="default"
            disabled={list === undefined}
            onClick={() => setDialog("follow")}
          >
            {list === undefined ? "Follow…" : `${wordsOfFollowing(list.followTokens)}…`}
          </Button>
          <SendWhole station={station} list={list} onSent={keep} />
          <AskVersion station={station} commands={commands} />
        </div>
      </div>
      <ListedTokens station={station} list={list} onChanged={keep} />
      <AddTokens station={station} opened={dialog === "add"} onClose={close} onChanged={keep} />
      <FollowTokens
        station={station}
        list={list}
        opened={dialog === "follow"}
        onClose={close}
        onChanged={keep}
      />
    </Card>
  );
}

/** Two plates: what shall stand on the station, and what it has confirmed. */
function ListPicture({ list }: { list: LocalList | undefined }): ReactElement {
  const isAlike = list !== undefined && (list.state === "confirmed" || list.state === "none");
  const tokens = list?.entries.length;
  const look = lookOfList(list ?? { state: "none" });
  return (
    <div className="list-picture" data-alike={isAlike}>
      <Plate
        head="Shall stand on it"
        words={wordsOfVersion(list?.intendedVersion ?? 0, tokens)}
        verb="set"
        at={list?.changedAt ?? null}
      />
      <span className="list-between" data-tone={look.tone}>
        <Glyph shape={look.shape} size={18} />
        <span className="sr-only">{isAlike ? "alike" : "not alike"}</span>
      </span>
      <Plate
        head="The station confirmed"
        words={wordsOfVersion(list?.confirmedVersion ?? 0, isAlike ? tokens : undefined)}
        verb="confirmed"
        at={list?.confirmedAt ?? null}
      />
    </div>
  );
}

interface PlateProps {
  readonly head: string;
  readonly words: string;
  readonly verb: string;
  readonly at: string | null;
}

function Plate({ head, words, verb, at }: PlateProps): ReactElement {
  return (
    <div className="list-plate">
      <span className="soft small">{head}</span>
      <b>{words}</b>
      <span className="soft small">
        {at === null ? `never ${verb}` : (
          <>
            {verb} <Instant at={at} as="ago" />
          </>
        )}
      </span>
    </div>
  );
}

interface SendWholeProps {
  readonly station: Station;
  readonly list: LocalList | undefined;
  readonly onSent: (list: LocalList) => void;
}

function SendWhole({ station, list, onSent }: SendWholeProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const send = (): Promise<boolean> =>
    run(async () => {
      onSent(await api.post<LocalList>(`/stations/${segment(station.id)}/local-list/send`, {}));
      toasts.done(`The whole list is on its way to ${station.id}`);
    });
  return (
    <Button
      size="xs"
      variant="default"
      loading={busy}
      disabled={list === undefined || list.intendedVersion === 0}
      onClick={() => void send()}
    >
      Send whole list
    </Button>
  );
}

function AskVersion(
  { station, commands }: { station: Station; commands: StationCommands },
): ReactElement {
  const { busy, run } = useAction();
  return (
    <Button
      size="xs"
      variant="default"
      loading={busy}
      disabled={!station.presence.connected}
      onClick={() => void run(() => commands.send("get-local-list-version", {}))}
    >
      Ask its version
    </Button>
  );
}
