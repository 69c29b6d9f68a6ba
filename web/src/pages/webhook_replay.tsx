import { TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi } from "../live.tsx";
import type { Webhook, WebhookReplay } from "../shapes.ts";

interface ReplayProps {
  readonly webhook: Webhook;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Local time as the input field wants it: 2026-11-22T19:30. */
function localMinute(instant: string): string {
  return new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" })
    .format(Date.parse(instant)).replace(" ", "T");
}

export function ReplayForm({ webhook, onClose, onDone }: ReplayProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [from, setFrom] = useState(() =>
    localMinute(webhook.disabledAt ?? webhook.failingSince ?? webhook.createdAt)
  );
  const send = (): void =>
    void run(async () => {
      const body = { from: new Date(from).toISOString() };
      const replay = await api.post<WebhookReplay>(`/webhooks/${segment(webhook.id)}/replay`, body);
      const count = replay.until - replay.position;
      toasts.done(`Facts of the past are sent again: ${count} are looked through`);
      onDone();
    });
  return (
    <Form onSubmit={send}>
      <TextInput
        type="datetime-local"
        label="Everything since"
        description="What is still kept (a week) is sent again, with its first ids: a receiver that has one already can tell."
        value={from}
        onChange={(event) => setFrom(event.currentTarget.value)}
        required
        withAsterisk={false}
        data-autofocus
      />
      <FormEnd onClose={onClose} busy={busy} word="Send again" disabled={from === ""} />
    </Form>
  );
}
