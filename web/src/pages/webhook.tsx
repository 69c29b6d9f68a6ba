/** One webhook: whether it arrives, what was sent, and what can be done about it. */
import { Button, Modal } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { segment } from "../api.ts";
import { Chip } from "../components/glyph.tsx";
import { Instant } from "../components/instant.tsx";
import { Card, type Fact, Facts, PageHead, ProblemNote } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi, usePolling, useQuery } from "../live.tsx";
import type { Webhook, WebhookDelivery } from "../shapes.ts";
import { lookOfWebhook, wordsOfKinds } from "../webhook_look.ts";
import { WebhookDeliveries } from "./webhook_deliveries.tsx";
import { SecretNote, WebhookForm } from "./webhook_form.tsx";
import { ReplayForm } from "./webhook_replay.tsx";

const back = { to: "/webhooks", word: "Webhooks" };
const rereadMs = 3_000;

type Dialog = "edit" | "replay" | "remove" | { readonly secret: string };

export function WebhookPage(): ReactElement {
  const { id = "" } = useParams();
  const query = useQuery<Webhook>(`/webhooks/${segment(id)}`);
  const [dialog, setDialog] = useState<Dialog>();
  usePolling(query.reload, rereadMs, query.value !== undefined);
  const { value: webhook, error, reload } = query;
  if (webhook === undefined) {
    return (
      <>
        <PageHead title="Webhook" back={back} />
        {error === undefined ? null : <ProblemNote error={error} onRetry={reload} />}
      </>
    );
  }
  return (
    <>
      <PageHead
        title="Webhook"
        back={back}
        beside={<Chip look={lookOfWebhook(webhook)} />}
        actions={<Actions webhook={webhook} onDialog={setDialog} onDone={reload} />}
      />
      <div className="stack">
        {error === undefined ? null : <ProblemNote error={error} onRetry={reload} />}
        <Trouble webhook={webhook} />
        <Card
          title="What it is"
          beside={<NewSecret webhook={webhook} onMade={(secret) => setDialog({ secret })} />}
        >
          <Facts facts={factsOf(webhook)} />
        </Card>
        <WebhookDeliveries id={id} />
      </div>
      <Dialogs
        webhook={webhook}
        dialog={dialog}
        onClose={() => setDialog(undefined)}
        onDone={reload}
      />
    </>
  );
}

function factsOf(webhook: Webhook): readonly Fact[] {
  return [
    ["Address", <span key="url" style={{ overflowWrap: "anywhere" }}>{webhook.url}</span>],
    ["Told of", wordsOfKinds(webhook)],
    ["Waiting", String(webhook.waiting)],
    [
      "Last delivery",
      webhook.lastDeliveredAt === null
        ? null
        : <Instant key="at" at={webhook.lastDeliveredAt} as="ago" />,
    ],
    ["Made", <Instant key="made" at={webhook.createdAt} />],
  ];
}

function NewSecret(
  { webhook, onMade }: { webhook: Webhook; onMade: (secret: string) => void },
): ReactElement {
  const api = useApi();
  const { busy, run } = useAction();
  const make = (): void =>
    void run(async () => {
      const path = `/webhooks/${segment(webhook.id)}`;
      const { secret } = await api.patch<Webhook>(path, { secret: null });
      onMade(secret ?? "");
    });
  return (
    <Button variant="subtle" size="compact-sm" loading={busy} onClick={make}>
      Make a new secret
    </Button>
  );
}

/** Why nothing arrives, in a sentence. */
function Trouble({ webhook }: { webhook: Webhook }): ReactElement | null {
  if (webhook.disabledReason !== null) {
    return (
      <div className="problem" role="alert">
        <span style={{ flex: 1 }}>
          {webhook.disabledReason}, so that it was disabled{" "}
          <Instant at={webhook.disabledAt} as="ago" />. What happened since was not sent: enable it,
          then replay from then on.
        </span>
      </div>
    );
  }
  if (webhook.failingSince === null) return null;
  return (
    <div className="problem" role="alert">
      <span style={{ flex: 1 }}>
        Nothing has arrived since <Instant at={webhook.failingSince} />.{" "}
        {webhook.lastError}. It is tried again by itself.
      </span>
    </div>
  );
}

interface ActionsProps {
  readonly webhook: Webhook;
  readonly onDialog: (dialog: Dialog) => void;
  readonly onDone: () => void;
}

function Actions({ webhook, onDialog, onDone }: ActionsProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const path = `/webhooks/${segment(webhook.id)}`;
  const test = (): void =>
    void run(async () => {
      const sent = await api.post<WebhookDelivery>(`${path}/test`, {});
      if (sent.status === "delivered") toasts.done(`It arrived: ${sent.responseStatus}`);
      else toasts.failed(sent.error ?? "It did not arrive");
      onDone();
    });
  const flip = (): void =>
    void run(async () => {
      await api.patch(path, { enabled: !webhook.enabled });
      toasts.done(webhook.enabled ? "Nothing more is sent" : "It is enabled");
      onDone();
    });
  return (
    <>
      <Button variant="default" loading={busy} onClick={test}>Send a test</Button>
      <Button variant="default" disabled={busy} onClick={flip}>
        {webhook.enabled ? "Disable" : "Enable"}
      </Button>
      <Button variant="default" onClick={() => onDialog("replay")}>Replay</Button>
      <Button variant="default" onClick={() => onDialog("edit")}>Edit</Button>
      <Button variant="subtle" color="red" onClick={() => onDialog("remove")}>Remove</Button>
    </>
  );
}

interface DialogsProps {
  readonly webhook: Webhook;
  readonly dialog: Dialog | undefined;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function Dialogs({ webhook, dialog, onClose, onDone }: DialogsProps): ReactElement {
  const done = (): void => {
    onDone();
    onClose();
  };
  const title = dialog === "edit"
    ? "Edit the webhook"
    : dialog === "replay"
    ? "Send again"
    : dialog === "remove"
    ? "Remove the webhook"
    : "The new secret";
  return (
    <Modal opened={dialog !== undefined} onClose={onClose} title={title}>
      {dialog === "edit"
        ? <WebhookForm webhook={webhook} onClose={onClose} onSaved={done} />
        : null}
      {dialog === "replay"
        ? <ReplayForm webhook={webhook} onClose={onClose} onDone={done} />
        : null}
      {dialog === "remove" ? <RemoveForm webhook={webhook} onClose={onClose} /> : null}
      {typeof dialog === "object" ? <SecretNote secret={dialog.secret} onClose={onClose} /> : null}
    </Modal>
  );
}

function RemoveForm({ webhook, onClose }: { webhook: Webhook; onClose: () => void }): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const navigate = useNavigate();
  const { busy, run } = useAction();
  const remove = (): void =>
    void run(async () => {
      await api.remove(`/webhooks/${segment(webhook.id)}`);
      toasts.done("The webhook is removed");
      await navigate("/webhooks");
    });
  return (
    <div className="form">
      <p>
        Nothing more is sent to {webhook.url}. What waits for it ({webhook.waiting}) is given up.
      </p>
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button variant="default" size="sm" onClick={onClose}>Cancel</Button>
        <Button color="red" size="sm" loading={busy} onClick={remove}>Remove</Button>
      </div>
    </div>
  );
}
