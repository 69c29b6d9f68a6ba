import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactElement, useState } from "react";
import { segment, withQuery } from "../api.ts";
import { DataTable } from "../components/data_table.tsx";
import { Chip } from "../components/glyph.tsx";
import { Icon } from "../components/icons.tsx";
import { Instant } from "../components/instant.tsx";
import { ListCard, usePagedList } from "../components/list_card.tsx";
import { Empty, PageHead } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi } from "../live.tsx";
import type { Token } from "../shapes.ts";
import { lookOfToken } from "../status.ts";
import { TokenForm } from "./token_form.tsx";

const statuses = ["Accepted", "Blocked", "Expired", "Invalid"] as const;

const heads = [
  "Token",
  "Status",
  "Group",
  { word: "Sessions at once", isNumber: true },
  "Valid until",
  { word: "Actions", isHidden: true },
];

export function TokensPage(): ReactElement {
  const [search, setSearch] = useState("");
  const [status, setStatus] = useState<string | null>(null);
  const [settled] = useDebouncedValue(search.trim(), 300);
  const question = withQuery("/tokens", { search: settled, status, limit: 50 });
  const list = usePagedList<Token>(question);
  const [editing, setEditing] = useState<Token | "new">();
  const isFiltered = settled !== "" || status !== null;
  const { reload } = list.query;
  return (
    <>
      <PageHead title="Tokens" actions={<AddButton onClick={() => setEditing("new")} />} />
      <ListCard
        list={list}
        word="tokens"
        filters={
          <Filters search={search} setSearch={setSearch} status={status} setStatus={setStatus} />
        }
        empty={
          <Empty title={isFiltered ? "No token matches" : "No token yet"}>
            <p>A token is a charging card or app identity that may start a session.</p>
          </Empty>
        }
      >
        <DataTable heads={heads} items={list.items}>
          {(token) => (
            <TokenRow key={token.uid} token={token} onEdit={setEditing} onChanged={reload} />
          )}
        </DataTable>
      </ListCard>
      <Modal
        opened={editing !== undefined}
        onClose={() => setEditing(undefined)}
        title={editing === "new" ? "Add a token" : "Edit the token"}
      >
        {editing === undefined ? null : (
          <TokenForm
            token={editing === "new" ? undefined : editing}
            onClose={() => setEditing(undefined)}
            onSaved={reload}
          />
        )}
      </Modal>
    </>
  );
}

function AddButton({ onClick }: { onClick: () => void }): ReactElement {
  return (
    <Button leftSection={<Icon name="plus" size={15} />} onClick={onClick}>
      Add a token
    </Button>
  );
}

interface FiltersProps {
  readonly search: string;
  readonly setSearch: (search: string) => void;
  readonly status: string | null;
  readonly setStatus: (status: string | null) => void;
}

function Filters({ search, setSearch, status, setStatus }: FiltersProps): ReactElement {
  return (
    <>
      <TextInput
        className="grow"
        aria-label="Search tokens"
        placeholder="Search by uid or group"
        leftSection={<Icon name="search" size={16} />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      <Select
        aria-label="Status"
        placeholder="Any status"
        data={statuses}
        value={status}
        onChange={setStatus}
        clearable
        w={150}
      />
    </>
  );
}

interface RowProps {
  readonly token: Token;
  readonly onEdit: (token: Token) => void;
  readonly onChanged: () => void;
}

function TokenRow({ token, onEdit, onChanged }: RowProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const isBlocked = token.status === "Blocked";
  const flip = (): void =>
    void run(async () => {
      const status = isBlocked ? "Accepted" : "Blocked";
      await api.patch<Token>(`/tokens/${segment(token.uid)}`, { status });
      toasts.done(`${token.uid} is ${isBlocked ? "accepted again" : "blocked"}`);
      onChanged();
    });
  const limit = token.concurrentSessions;
  return (
    <tr>
      <td data-grow="true">
        <span className="mono" style={{ fontWeight: 600 }}>{token.uid}</span>
        <div className="soft small">{token.type}</div>
      </td>
      <td data-push="true">
        <Chip look={lookOfToken(token.status)} />
      </td>
      <td>{token.groupId ?? null}</td>
      <td className="number" data-label="At once:">{limit === 0 ? "no limit" : limit}</td>
      <td>{token.expiresAt === undefined ? null : <Instant at={token.expiresAt} />}</td>
      <td data-push="true">
        <span className="row" style={{ justifyContent: "flex-end", flexWrap: "nowrap" }}>
          <Button variant="subtle" loading={busy} onClick={flip}>
            {isBlocked ? "Accept" : "Block"}
          </Button>
          <Button variant="default" onClick={() => onEdit(token)}>Edit</Button>
        </span>
      </td>
    </tr>
  );
}
