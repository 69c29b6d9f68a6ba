import { Button, Textarea, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { CodeLine } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi } from "../live.tsx";
import type { Webhook } from "../shapes.ts";
import { kindWord } from "../webhook_look.ts";

interface FormProps {
  /** Undefined = a new one. */
  readonly webhook: Webhook | undefined;
  readonly onClose: () => void;
  readonly onSaved: (webhook: Webhook) => void;
}

interface Draft {
  readonly url: string;
  readonly kinds: string;
  readonly stations: string;
}

function draftOf(webhook: Webhook | undefined): Draft {
  return {
    url: webhook?.url ?? "",
    kinds: webhook?.kinds.map(kindWord).join(", ") ?? "",
    stations: webhook?.stations?.join("\n") ?? "",
  };
}

function bodyOf({ url, kinds, stations }: Draft): Readonly<Record<string, unknown>> {
  const listed = (text: string, between: RegExp): readonly string[] => [
    ...new Set(text.split(between).map((part) => part.trim()).filter((part) => part !== "")),
  ];
  const ids = listed(stations, /\n/);
  return {
    url: url.trim(),
    kinds: listed(kinds, /[\s,]+/),
    stations: ids.length === 0 ? null : ids,
  };
}

export function WebhookForm({ webhook, onClose, onSaved }: FormProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [draft, setDraft] = useState(() => draftOf(webhook));
  const set = (change: Partial<Draft>): void => setDraft({ ...draft, ...change });
  const save = (): void =>
    void run(async () => {
      const body = bodyOf(draft);
      const saved = webhook === undefined
        ? await api.post<Webhook>("/webhooks", body)
        : await api.patch<Webhook>(`/webhooks/${segment(webhook.id)}`, body);
      if (webhook !== undefined) toasts.done("The webhook is saved");
      onSaved(saved);
    });
  return (
    <Form onSubmit={save}>
      <TextInput
        label="Address"
        description="What happens is sent there by POST, as JSON."
        placeholder="https://example.com/charging"
        type="url"
        value={draft.url}
        onChange={(event) => set({ url: event.currentTarget.value })}
        maxLength={2000}
        required
        withAsterisk={false}
        data-autofocus
      />
      <TextInput
        label="Told of"
        description="For example session, alert or session.ended; empty means everything."
        value={draft.kinds}
        onChange={(event) => set({ kinds: event.currentTarget.value })}
      />
      <Textarea
        label="Stations"
        description="One identity per line; empty means all."
        autosize
        minRows={2}
        maxRows={8}
        value={draft.stations}
        onChange={(event) => set({ stations: event.currentTarget.value })}
      />
      <FormEnd onClose={onClose} busy={busy} word="Save" disabled={draft.url.trim() === ""} />
    </Form>
  );
}

/** The one time that a secret is seen. */
export function SecretNote(
  { secret, onClose }: { secret: string; onClose: () => void },
): ReactElement {
  return (
    <div className="form">
      <p>
        Each request is signed with this secret, in the header{" "}
        <code>Statewatt-Signature</code>. Keep it now: it is not shown again.
      </p>
      <CodeLine text={secret} word="the secret" />
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button size="sm" onClick={onClose}>I have kept it</Button>
      </div>
    </div>
  );
}
