import { Button, Checkbox, Modal, Select, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import type { CustomerReport } from "#schemas/rest/local_list.ts";
import { segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { Instant } from "../components/instant.tsx";
import { Card, Empty, ProblemNote } from "../components/page.tsx";
import { useAction } from "../components/toasts.tsx";
import { useApi, useLiveEvents, usePolling, useQuery, useThrottled } from "../live.tsx";
import { stationOf } from "../live_merge.ts";
import type { List, Station } from "../shapes.ts";
import type { StationCommands } from "../station_live.ts";

interface CustomerProps {
  readonly station: Station;
  readonly commands: StationCommands;
}

/** Reports come a moment after the answer, and by no event of their own. */
const WAIT_POLL_MS = 2_000;

export function CustomerCard({ station, commands }: CustomerProps): ReactElement | null {
  const [isAsking, setIsAsking] = useState(false);
  const isOld = station.presence.protocol === "ocpp1.6";
  const path = `/stations/${segment(station.id)}/customer-information`;
  const query = useQuery<List<CustomerReport>>(isOld ? null : path);
  const reload = useThrottled(query.reload, 500);
  useLiveEvents((events) => {
    if (events.some((event) => stationOf(event) === station.id)) reload();
  });
  const reports = query.value?.items ?? [];
  const isComing = reports.some(({ answer, data, report }) =>
    report && answer === "Accepted" && data === null
  );
  usePolling(query.reload, WAIT_POLL_MS, isComing);
  if (isOld) return null;
  return (
    <Card
      title="What it keeps of a customer"
      beside={
        <Button
          size="compact-xs"
          variant="default"
          disabled={!station.presence.connected}
          onClick={() => setIsAsking(true)}
        >
          Ask or clear…
        </Button>
      }
      flush
    >
      {query.error === undefined
        ? null
        : <ProblemNote error={query.error} onRetry={query.reload} />}
      {query.value !== undefined && reports.length === 0
        ? (
          <Empty title="Nothing was asked">
            <p>When a customer asks what is stored, or wants it cleared, ask the station here.</p>
          </Empty>
        )
        : null}
      <ul className="customer-list">
        {reports.map((report) => (
          <Report
            key={report.requestId}
            station={station}
            report={report}
            onErased={query.reload}
          />
        ))}
      </ul>
      <AskDialog
        station={station}
        commands={commands}
        opened={isAsking}
        onClose={() => setIsAsking(false)}
      />
    </Card>
  );
}

function nameOf({ tokenUid, customerIdentifier, certificateHash }: CustomerReport): string {
  if (tokenUid !== undefined) return `Token ${tokenUid}`;
  if (customerIdentifier !== undefined) return `Customer ${customerIdentifier}`;
  return certificateHash === undefined ? "A customer" : "Contract certificate";
}

function wishOf({ report, clear }: CustomerReport): string {
  if (report && clear) return "report and clear";
  return clear ? "clear" : "report";
}

function outcomeOf({ answer, data, report }: CustomerReport): string {
  if (answer === null) return "no answer yet";
  if (answer !== "Accepted") return `the station answered ${answer}`;
  if (data === "") return "the station keeps nothing";
  if (data !== null) return "the station reported";
  return report ? "accepted; its report is on its way, or was erased" : "accepted";
}

function Report(
  { station, report, onErased }: {
    readonly station: Station;
    readonly report: CustomerReport;
    readonly onErased: () => void;
  },
): ReactElement {
  const api = useApi();
  const { busy, run } = useAction();
  const path = `/stations/${segment(station.id)}/customer-information/${report.requestId}`;
  const erase = (): Promise<boolean> => run(() => api.remove(path).then(onErased));
  return (
    <li>
      <div className="row">
        <b>{nameOf(report)}</b>
        <span className="soft small">
          {wishOf(report)}, <Instant at={report.createdAt} />: {outcomeOf(report)}
        </span>
        {report.data === null ? null : (
          <Button
            size="compact-xs"
            variant="default"
            loading={busy}
            onClick={() => void erase()}
            style={{ marginLeft: "auto" }}
          >
            Erase
          </Button>
        )}
      </div>
      {report.data === null || report.data === ""
        ? null
        : <pre className="customer-text">{report.data}</pre>}
    </li>
  );
}

const names = [
  { value: "tokenUid", label: "By token" },
  { value: "customerIdentifier", label: "By customer number" },
] as const;

function AskDialog(
  { station, commands, opened, onClose }: CustomerProps & {
    readonly opened: boolean;
    readonly onClose: () => void;
  },
): ReactElement {
  const { busy, run } = useAction();
  const [by, setBy] = useState<string>("tokenUid");
  const [name, setName] = useState("");
  const [isReport, setIsReport] = useState(true);
  const [isClear, setIsClear] = useState(false);
  const ask = async (): Promise<void> => {
    const body = { report: isReport, clear: isClear, [by]: name.trim() };
    if (await run(() => commands.send("customer-information", body))) onClose();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={`What ${station.id} keeps`}>
      <Form onSubmit={ask}>
        <Select
          label="Customer"
          allowDeselect={false}
          data={[...names]}
          value={by}
          onChange={(value) => setBy(value ?? by)}
        />
        <TextInput
          label={by === "tokenUid" ? "Uid of the token" : "Customer number"}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={by === "tokenUid" ? 36 : 64}
          required
          withAsterisk={false}
          data-autofocus
        />
        <Checkbox
          label="Report what is stored"
          checked={isReport}
          onChange={(event) => setIsReport(event.currentTarget.checked)}
        />
        <Checkbox
          label="Clear it on the station"
          description="A cleared token leaves the local list too."
          checked={isClear}
          onChange={(event) => setIsClear(event.currentTarget.checked)}
        />
        <FormEnd
          onClose={onClose}
          busy={busy}
          word={isClear ? "Clear" : "Ask"}
          danger={isClear}
          disabled={name.trim() === "" || (!isReport && !isClear)}
        />
      </Form>
    </Modal>
  );
}
