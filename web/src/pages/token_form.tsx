import { NumberInput, Select, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi } from "../live.tsx";
import type { Token } from "../shapes.ts";

const types = ["ISO14443", "ISO15693", "eMAID", "Central", "KeyCode", "Local", "MacAddress"];
const statuses = ["Accepted", "Blocked", "Expired", "Invalid"] as const;

interface FormProps {
  readonly token: Token | undefined;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

interface Draft {
  readonly uid: string;
  readonly type: string;
  readonly status: string;
  readonly groupId: string;
  /** The last local day on which it is good, or empty. */
  readonly until: string;
  readonly limit: number | string;
}

function draftOf(token: Token | undefined): Draft {
  return {
    uid: token?.uid ?? "",
    type: token?.type ?? "ISO14443",
    status: token?.status ?? "Accepted",
    groupId: token?.groupId ?? "",
    until: localDay(token?.expiresAt),
    limit: token?.concurrentSessions ?? 1,
  };
}

function localDay(instant: string | undefined): string {
  if (instant === undefined) return "";
  // Swedish writes a date as the input field wants it: 2026-11-22.
  return new Intl.DateTimeFormat("sv-SE").format(Date.parse(instant));
}

function bodyOf(draft: Draft): Readonly<Record<string, unknown>> {
  const { type, status, groupId, until, limit } = draft;
  return {
    type,
    status,
    groupId: groupId.trim() === "" ? null : groupId.trim(),
    expiresAt: until === "" ? null : new Date(`${until}T23:59:59`).toISOString(),
    concurrentSessions: Number(limit),
  };
}

export function TokenForm({ token, onClose, onSaved }: FormProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [draft, setDraft] = useState(() => draftOf(token));
  const uid = draft.uid.trim();
  const save = async (): Promise<void> => {
    const done = await run(async () => {
      const body = bodyOf(draft);
      if (token === undefined) await api.post<Token>("/tokens", { uid, ...body });
      else await api.patch<Token>(`/tokens/${segment(token.uid)}`, body);
      toasts.done(`${uid} is saved`);
      onSaved();
    });
    if (done) onClose();
  };
  return (
    <Form onSubmit={save}>
      <TextInput
        label="Uid"
        description="As the reader sends it; upper and lower case are the same."
        value={draft.uid}
        onChange={(event) => setDraft({ ...draft, uid: event.currentTarget.value })}
        disabled={token !== undefined}
        maxLength={255}
        required
        withAsterisk={false}
        data-autofocus
      />
      <Fields draft={draft} onChange={setDraft} />
      <FormEnd onClose={onClose} busy={busy} word="Save" disabled={uid === ""} />
    </Form>
  );
}

function Fields(
  { draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void },
): ReactElement {
  const set = (change: Partial<Draft>): void => onChange({ ...draft, ...change });
  return (
    <>
      <div className="form-pair">
        <Select
          label="Type"
          allowDeselect={false}
          data={[...new Set([...types, draft.type])]}
          value={draft.type}
          onChange={(type) => set({ type: type ?? draft.type })}
        />
        <Select
          label="Status"
          allowDeselect={false}
          data={statuses}
          value={draft.status}
          onChange={(status) => set({ status: status ?? draft.status })}
        />
      </div>
      <div className="form-pair">
        <TextInput
          label="Group"
          description="Tokens of one group may stop each other's sessions."
          value={draft.groupId}
          onChange={(event) => set({ groupId: event.currentTarget.value })}
          maxLength={255}
        />
        <NumberInput
          label="Sessions at once"
          description="0 means no limit."
          min={0}
          max={1_000_000}
          value={draft.limit}
          onChange={(limit) => set({ limit })}
        />
      </div>
      <TextInput
        type="date"
        label="Valid until"
        description="The end of that day; empty means for ever."
        value={draft.until}
        onChange={(event) => set({ until: event.currentTarget.value })}
      />
    </>
  );
}
