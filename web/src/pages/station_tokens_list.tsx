import { Button, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import type { LocalList, LocalListEntry } from "#schemas/rest/local_list.ts";
import { segment } from "../api.ts";
import { DataTable } from "../components/data_table.tsx";
import { Chip } from "../components/glyph.tsx";
import { Instant } from "../components/instant.tsx";
import { Empty } from "../components/page.tsx";
import { useAction } from "../components/toasts.tsx";
import { useApi } from "../live.tsx";
import type { Station } from "../shapes.ts";
import { lookOfToken } from "../status.ts";

interface ListedTokensProps {
  readonly station: Station;
  readonly list: LocalList | undefined;
  readonly onChanged: (list: LocalList) => void;
}

/** More rows than this nobody reads: one searches. */
const ROWS_SHOWN = 50;
const SEARCH_FROM = 10;

export function ListedTokens({ station, list, onChanged }: ListedTokensProps): ReactElement {
  const [search, setSearch] = useState("");
  const entries = list?.entries;
  if (entries?.length === 0) {
    return (
      <Empty title="No tokens on the list">
        <p>Add cards that shall work here even without a connection, or follow a group of them.</p>
      </Empty>
    );
  }
  const wanted = search.trim().toLowerCase();
  const found = entries?.filter(({ tokenUid, groupId = "" }) =>
    `${tokenUid} ${groupId}`.toLowerCase().includes(wanted)
  );
  return (
    <>
      {(entries?.length ?? 0) > SEARCH_FROM
        ? (
          <div className="card-body">
            <TextInput
              aria-label="Search the list"
              placeholder="Search by uid or group"
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
            />
          </div>
        )
        : null}
      <DataTable
        heads={["Token", "Status", "Group", "Valid until", { word: "Remove", isHidden: true }]}
        items={found?.slice(0, ROWS_SHOWN)}
      >
        {(entry) => (
          <TokenRow
            key={entry.tokenUid}
            entry={entry}
            station={station}
            isOurs={list?.followTokens === false}
            onChanged={onChanged}
          />
        )}
      </DataTable>
      {(found?.length ?? 0) > ROWS_SHOWN
        ? (
          <p className="advice card-body">
            {`${ROWS_SHOWN} of ${found?.length} tokens are shown. Search to find the others.`}
          </p>
        )
        : null}
    </>
  );
}

interface TokenRowProps {
  readonly entry: LocalListEntry;
  readonly station: Station;
  /** Kept by hand: a token of a list that follows others leaves by leaving them. */
  readonly isOurs: boolean;
  readonly onChanged: (list: LocalList) => void;
}

function TokenRow({ entry, station, isOurs, onChanged }: TokenRowProps): ReactElement {
  const api = useApi();
  const { busy, run } = useAction();
  const { tokenUid, idToken, status, groupId, expiresAt } = entry;
  const remove = (): Promise<boolean> =>
    run(async () => {
      const path = `/stations/${segment(station.id)}/local-list`;
      onChanged(await api.patch<LocalList>(path, { remove: [tokenUid] }));
    });
  return (
    <tr>
      <td data-label="Token">
        <b className="mono">{tokenUid}</b> <span className="soft small">{idToken.type}</span>
      </td>
      <td data-label="Status">
        <Chip look={lookOfToken(status)} />
      </td>
      <td data-label="Group">{groupId ?? "–"}</td>
      <td data-label="Valid until">
        {expiresAt === undefined ? "no end" : <Instant at={expiresAt} />}
      </td>
      <td className="number">
        {isOurs
          ? (
            <Button
              size="compact-xs"
              variant="default"
              loading={busy}
              onClick={() => void remove()}
              aria-label={`Remove ${tokenUid} from the list`}
            >
              Remove
            </Button>
          )
          : null}
      </td>
    </tr>
  );
}
