import { Button, SegmentedControl } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { segment, withQuery } from "../api.ts";
import { DataTable } from "../components/data_table.tsx";
import { Chip } from "../components/glyph.tsx";
import { Instant } from "../components/instant.tsx";
import { JsonView } from "../components/json_view.tsx";
import { ListCard, usePagedList } from "../components/list_card.tsx";
import { Empty } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi, usePolling } from "../live.tsx";
import type { WebhookDelivery } from "../shapes.ts";
import { kindWord, lookOfDelivery } from "../webhook_look.ts";

const heads = [
  "Event",
  "State",
  "Answer",
  { word: "Attempts", isNumber: true },
  "When",
  { word: "Actions", isHidden: true },
];
const rereadMs = 3_000;

export function WebhookDeliveries({ id }: { id: string }): ReactElement {
  const [status, setStatus] = useState("");
  const path = `/webhooks/${segment(id)}/deliveries`;
  const list = usePagedList<WebhookDelivery>(withQuery(path, { status, limit: 50 }));
  const { reload } = list.query;
  usePolling(reload, rereadMs, list.paging.page === 1);
  return (
    <ListCard
      list={list}
      word="deliveries"
      filters={
        <SegmentedControl
          aria-label="Status of deliveries"
          value={status}
          onChange={setStatus}
          data={[
            { value: "", label: "All" },
            { value: "waiting", label: "Waiting" },
            { value: "delivered", label: "Delivered" },
            { value: "dead", label: "Given up" },
          ]}
        />
      }
      empty={
        <Empty title={status === "" ? "Nothing was sent yet" : "No such delivery"}>
          <p>What happens from now on shows here. Deliveries are kept for eight days.</p>
        </Empty>
      }
    >
      <DataTable heads={heads} items={list.items}>
        {(delivery) => (
          <DeliveryRow key={delivery.id} path={path} delivery={delivery} onDone={reload} />
        )}
      </DataTable>
    </ListCard>
  );
}

interface RowProps {
  readonly path: string;
  readonly delivery: WebhookDelivery;
  readonly onDone: () => void;
}

function DeliveryRow({ path, delivery, onDone }: RowProps): ReactElement {
  const { status, responseStatus, error, attempts, createdAt, lastAttemptAt } = delivery;
  return (
    <tr>
      <td data-wide="true">
        <details>
          <summary>
            {kindWord(delivery.type)} <span className="soft">{delivery.stationId}</span>
          </summary>
          <JsonView value={delivery.body} />
        </details>
      </td>
      <td>
        <Chip look={lookOfDelivery(status)} />
      </td>
      <td>{status === "delivered" ? responseStatus : <span className="soft">{error}</span>}</td>
      <td className="number" data-label="Attempts:">{attempts}</td>
      <td>
        <Instant at={lastAttemptAt ?? createdAt} as="ago" />
      </td>
      <td data-push="true">
        {status === "dead" && delivery.type !== "webhook.test"
          ? <RetryButton path={path} id={delivery.id} onDone={onDone} />
          : null}
      </td>
    </tr>
  );
}

function RetryButton(
  { path, id, onDone }: { path: string; id: string; onDone: () => void },
): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const retry = (): void =>
    void run(async () => {
      await api.post(`${path}/${segment(id)}/retry`, {});
      toasts.done("It is tried again");
      onDone();
    });
  return <Button variant="default" loading={busy} onClick={retry}>Try again</Button>;
}
