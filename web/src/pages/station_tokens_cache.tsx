import { Button, TextInput } from "@mantine/core";
import { type ReactElement, useEffect, useState } from "react";
import type { AuthorisationSettings, LocalList } from "#schemas/rest/local_list.ts";
import { Instant } from "../components/instant.tsx";
import { Card, Facts, ProblemNote } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi, useQuery } from "../live.tsx";
import type { Station } from "../shapes.ts";
import type { StationCommands } from "../station_live.ts";

interface CacheCardProps {
  readonly station: Station;
  readonly list: LocalList | undefined;
  readonly commands: StationCommands;
}

/** What the station remembers of cards that were shown, and who may stop everybody's sessions. */
export function CacheCard({ station, list, commands }: CacheCardProps): ReactElement {
  const { busy, run } = useAction();
  const clearedAt = list?.cacheClearedAt ?? null;
  return (
    <Card title="Cache and master pass">
      <div className="list-top">
        <Facts
          facts={[
            [
              "Cache",
              clearedAt === null ? "never cleared from here" : (
                <>
                  cleared <Instant at={clearedAt} as="ago" />
                </>
              ),
            ],
          ]}
        />
        <p className="advice">
          The cache holds the answers for cards that were shown before. Clear it when a card was
          blocked and still works here.
        </p>
        <div className="row">
          <Button
            size="xs"
            variant="default"
            loading={busy}
            disabled={!station.presence.connected}
            onClick={() => void run(() => commands.send("clear-cache", {}))}
          >
            Clear the cache
          </Button>
        </div>
      </div>
      <MasterPass station={station} commands={commands} />
    </Card>
  );
}

function MasterPass(
  { station, commands }: { station: Station; commands: StationCommands },
): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const saving = useAction();
  const telling = useAction();
  const query = useQuery<AuthorisationSettings>("/authorisation-settings");
  const kept = query.value?.masterPassGroupId ?? "";
  const [group, setGroup] = useState("");
  useEffect(() => setGroup(kept), [kept]);
  const save = (): Promise<boolean> =>
    saving.run(async () => {
      const body = { masterPassGroupId: group.trim() === "" ? null : group.trim() };
      const settings = await api.put<AuthorisationSettings>("/authorisation-settings", body);
      query.change(() => settings);
      toasts.done("The master pass is set for the whole network");
    });
  const tell = (): Promise<boolean> =>
    telling.run(() => {
      const variable = { component: "AuthCtrlr", variable: "MasterPassGroupId", value: kept };
      return commands.send("set-variables", { variables: [variable] });
    });
  const isOld = station.presence.protocol === "ocpp1.6";
  const tokens = query.value?.masterPassTokens ?? 0;
  return (
    <div className="list-master">
      {query.error === undefined ? null : <ProblemNote error={query.error} />}
      <TextInput
        label="Master pass group"
        description="Tokens of this group may end everybody's sessions, at all stations that know it."
        value={group}
        onChange={(event) => setGroup(event.currentTarget.value)}
        maxLength={36}
      />
      <div className="row">
        <Button
          size="xs"
          variant="default"
          loading={saving.busy}
          disabled={query.value === undefined || group.trim() === kept}
          onClick={() => void save()}
        >
          Save for the network
        </Button>
        <Button
          size="xs"
          variant="default"
          loading={telling.busy}
          disabled={kept === "" || isOld || !station.presence.connected}
          onClick={() => void tell()}
        >
          Tell this station
        </Button>
      </div>
      {kept === "" ? null : (
        <p className="advice">
          {`${tokens === 0 ? "No" : tokens} accepted token${tokens === 1 ? " is" : "s are"} in it.`}
          {isOld ? " This station speaks OCPP 1.6, which has no master pass." : ""}
        </p>
      )}
    </div>
  );
}
