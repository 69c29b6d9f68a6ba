import { Button, Modal, NumberInput, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactElement, useState } from "react";
import { segment, withQuery } from "../api.ts";
import { Chip } from "../components/glyph.tsx";
import { Icon } from "../components/icons.tsx";
import { Instant } from "../components/instant.tsx";
import { Card, Empty, PageHead, Pager, ProblemNote, SkeletonRows } from "../components/page.tsx";
import { usePaging } from "../components/paging.ts";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi, useQuery } from "../live.tsx";
import type { List, Token } from "../shapes.ts";
import { lookOfToken } from "../status.ts";
import { Footer } from "./station_actions.tsx";

const statuses = ["Accepted", "Blocked", "Expired", "Invalid"] as const;

export function TokensPage(): ReactElement {
  const [search, setSearch] = useState("");
  const [status, setStatus] = useState<string | null>(null);
  const [settled] = useDebouncedValue(search.trim(), 300);
  const question = withQuery("/tokens", { search: settled, status, limit: 50 });
  const paging = usePaging(question);
  const query = useQuery<List<Token>>(
    paging.cursor === null ? question : `${question}&cursor=${encodeURIComponent(paging.cursor)}`,
  );
  const [editing, setEditing] = useState<Token | "new">();
  const items = query.value?.items;
  return (
    <>
      <PageHead
        title="Tokens"
        actions={
          <Button
            leftSection={<Icon name="plus" size={15} />}
            onClick={() => setEditing("new")}
          >
            Add a token
          </Button>
        }
      />
      <Card flush>
        <div className="filters" role="search">
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
        </div>
        {query.error === undefined ? null : (
          <div className="card-body">
            <ProblemNote error={query.error} onRetry={query.reload} />
          </div>
        )}
        {items?.length === 0
          ? (
            <Empty
              title={question.includes("=") && (settled !== "" || status !== null)
                ? "No token matches"
                : "No token yet"}
            >
              <p>A token is a charging card or app identity that may start a session.</p>
            </Empty>
          )
          : <Rows items={items} onEdit={setEditing} onChanged={query.reload} />}
        <Pager
          shown={items?.length ?? 0}
          word="tokens"
          page={paging.page}
          onBack={paging.back}
          onForward={paging.forward(query.value?.nextCursor ?? null)}
        />
      </Card>
      <Modal
        opened={editing !== undefined}
        onClose={() => setEditing(undefined)}
        title={editing === "new" ? "Add a token" : "Edit the token"}
      >
        {editing === undefined ? null : (
          <TokenForm
            token={editing === "new" ? undefined : editing}
            onClose={() => setEditing(undefined)}
            onSaved={query.reload}
          />
        )}
      </Modal>
    </>
  );
}

interface RowsProps {
  readonly items: readonly Token[] | undefined;
  readonly onEdit: (token: Token) => void;
  readonly onChanged: () => void;
}

function Rows({ items, onEdit, onChanged }: RowsProps): ReactElement {
  return (
    <div className="table-scroll">
      <table className="table table-cards">
        <thead>
          <tr>
            <th scope="col">Token</th>
            <th scope="col">Status</th>
            <th scope="col">Group</th>
            <th scope="col" className="number">Sessions at once</th>
            <th scope="col">Valid until</th>
            <th scope="col">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items === undefined
            ? <SkeletonRows columns={6} rows={4} />
            : items.map((token) => (
              <TokenRow key={token.uid} token={token} onEdit={onEdit} onChanged={onChanged} />
            ))}
        </tbody>
      </table>
    </div>
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

interface FormProps {
  readonly token: Token | undefined;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

function TokenForm({ token, onClose, onSaved }: FormProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [uid, setUid] = useState(token?.uid ?? "");
  const [type, setType] = useState(token?.type ?? "ISO14443");
  const [status, setStatus] = useState<string>(token?.status ?? "Accepted");
  const [groupId, setGroupId] = useState(token?.groupId ?? "");
  const [until, setUntil] = useState(token?.expiresAt?.slice(0, 10) ?? "");
  const [limit, setLimit] = useState<number | string>(token?.concurrentSessions ?? 1);
  const save = async (): Promise<void> => {
    const done = await run(async () => {
      const body = {
        type,
        status,
        groupId: groupId.trim() === "" ? null : groupId.trim(),
        expiresAt: until === "" ? null : new Date(`${until}T23:59:59`).toISOString(),
        concurrentSessions: Number(limit),
      };
      if (token === undefined) await api.post<Token>("/tokens", { uid: uid.trim(), ...body });
      else await api.patch<Token>(`/tokens/${segment(token.uid)}`, body);
      toasts.done(`${uid.trim()} is saved`);
      onSaved();
    });
    if (done) onClose();
  };
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextInput
        label="Uid"
        description="As the reader sends it; upper and lower case are the same."
        value={uid}
        onChange={(event) => setUid(event.currentTarget.value)}
        disabled={token !== undefined}
        maxLength={255}
        required
        withAsterisk={false}
        data-autofocus
      />
      <div className="form-pair">
        <Select
          label="Type"
          allowDeselect={false}
          data={["ISO14443", "ISO15693", "eMAID", "Central", "KeyCode", "Local", "MacAddress"]}
          value={type}
          onChange={(value) => setType(value ?? "ISO14443")}
        />
        <Select
          label="Status"
          allowDeselect={false}
          data={statuses}
          value={status}
          onChange={(value) => setStatus(value ?? "Accepted")}
        />
      </div>
      <div className="form-pair">
        <TextInput
          label="Group"
          description="Tokens of one group may stop each other's sessions."
          value={groupId}
          onChange={(event) => setGroupId(event.currentTarget.value)}
          maxLength={255}
        />
        <NumberInput
          label="Sessions at once"
          description="0 means no limit."
          min={0}
          max={1_000_000}
          value={limit}
          onChange={setLimit}
        />
      </div>
      <TextInput
        type="date"
        label="Valid until"
        description="The end of that day; empty means for ever."
        value={until}
        onChange={(event) => setUntil(event.currentTarget.value)}
      />
      <Footer onClose={onClose} busy={busy} word="Save" disabled={uid.trim() === ""} />
    </form>
  );
}
