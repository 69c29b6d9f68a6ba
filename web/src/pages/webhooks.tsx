import { Button, Modal } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { Link } from "react-router";
import { segment } from "../api.ts";
import { DataTable } from "../components/data_table.tsx";
import { Chip } from "../components/glyph.tsx";
import { Icon } from "../components/icons.tsx";
import { Instant } from "../components/instant.tsx";
import { ListCard, usePagedList } from "../components/list_card.tsx";
import { Empty, PageHead } from "../components/page.tsx";
import { usePolling } from "../live.tsx";
import type { Webhook } from "../shapes.ts";
import { lookOfWebhook, wordsOfKinds } from "../webhook_look.ts";
import { SecretNote, WebhookForm } from "./webhook_form.tsx";

const heads = [
  "Webhook",
  "State",
  "Told of",
  { word: "Waiting", isNumber: true },
  "Last delivery",
];
/** Deliveries are no events: the list is read anew. */
const rereadMs = 5_000;

export function WebhooksPage(): ReactElement {
  const list = usePagedList<Webhook>("/webhooks?limit=50");
  const [isAdding, setIsAdding] = useState(false);
  const [made, setMade] = useState<Webhook>();
  const { reload } = list.query;
  usePolling(reload, rereadMs, true);
  const close = (): void => {
    setIsAdding(false);
    setMade(undefined);
  };
  return (
    <>
      <PageHead
        title="Webhooks"
        actions={
          <Button
            leftSection={<Icon name="plus" size={15} />}
            onClick={() => setIsAdding(true)}
          >
            Add a webhook
          </Button>
        }
      />
      <ListCard
        list={list}
        word="webhooks"
        empty={
          <Empty title="No webhook yet">
            <p>
              A webhook is an address of yours that is told what happens: each session, status or
              alert as a signed POST request.
            </p>
          </Empty>
        }
      >
        <DataTable heads={heads} items={list.items}>
          {(webhook) => <WebhookRow key={webhook.id} webhook={webhook} />}
        </DataTable>
      </ListCard>
      <Modal
        opened={isAdding}
        onClose={close}
        title={made === undefined ? "Add a webhook" : "The webhook is ready"}
      >
        {made === undefined
          ? (
            <WebhookForm
              webhook={undefined}
              onClose={close}
              onSaved={(webhook) => {
                reload();
                setMade(webhook);
              }}
            />
          )
          : <SecretNote secret={made.secret ?? ""} onClose={close} />}
      </Modal>
    </>
  );
}

function WebhookRow({ webhook }: { webhook: Webhook }): ReactElement {
  const problem = webhook.enabled ? webhook.lastError : webhook.disabledReason;
  return (
    <tr>
      <td data-wide="true">
        <Link
          className="link"
          to={`/webhooks/${segment(webhook.id)}`}
          style={{ overflowWrap: "anywhere" }}
        >
          {webhook.url}
        </Link>
        {webhook.failingSince === null && webhook.enabled
          ? null
          : <div className="soft small">{problem}</div>}
      </td>
      <td>
        <Chip look={lookOfWebhook(webhook)} />
      </td>
      <td>{wordsOfKinds(webhook)}</td>
      <td className="number" data-label="Waiting:">{webhook.waiting}</td>
      <td>
        {webhook.lastDeliveredAt === null
          ? null
          : <Instant at={webhook.lastDeliveredAt} as="ago" />}
      </td>
    </tr>
  );
}
