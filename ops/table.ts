/** The cluster as text: one line per process, then slow actors and alerts. */
import type { ClusterView, ShownProcess } from "./cluster_view.ts";

interface Column {
  readonly head: string;
  readonly isText?: boolean;
  readonly cell: (process: ShownProcess) => string;
}

const columns: readonly Column[] = [
  { head: "PROCESS", isText: true, cell: ({ name }) => name },
  { head: "ROLE", isText: true, cell: ({ status }) => status.role },
  { head: "STATE", isText: true, cell: ({ status }) => stateOf(status) },
  { head: "SHARDS", cell: ({ status }) => text(status.engine?.shards.length) },
  { head: "SOCKETS", cell: ({ status }) => text(status.gateway?.sockets) },
  { head: "ANSWERED", cell: ({ status }) => text(status.answered) },
  { head: "/S", cell: ({ answeredPerSecond }) => text(answeredPerSecond) },
  { head: "ERRORS", cell: ({ status }) => text(status.errors) },
  { head: "P50", cell: ({ status }) => ms(status.p50Ms) },
  { head: "P99", cell: ({ status }) => ms(status.p99Ms) },
  { head: "QUEUED", cell: ({ status }) => text(status.engine?.queued) },
  { head: "COMMIT", cell: ({ status }) => ms(status.engine?.commitP99Ms) },
  { head: "RELAY", cell: ({ status }) => ms(status.engine?.relayLagP99Ms) },
  { head: "OUTBOX", cell: ({ status }) => text(status.engine?.outboxWaiting) },
  { head: "LOOP", cell: ({ status }) => ms(status.loopLagP99Ms) },
  { head: "PG", cell: ({ status }) => ms(status.postgres.roundTripMs) },
  { head: "MB", cell: ({ status }) => text(status.residentBytes / 1e6) },
  { head: "UP", cell: ({ status }) => duration(status.upSeconds) },
  { head: "VERSION", isText: true, cell: ({ version }) => version },
];

/** Lines without colours; the last is the verdict. */
export function tableLines(view: ClusterView): readonly string[] {
  const { processes, slow, crowded, alerts } = view;
  return [
    summary(view),
    "",
    ...rows(processes),
    ...section(
      "slow actors (longest step, ms)",
      slow.map((one) => [one.actor, ms(one.stepMs), one.on]),
    ),
    ...section(
      "full mailboxes",
      crowded.map((one) => [one.actor, String(one.queued), one.on]),
    ),
    ...section("alerts", alerts.map((alert) => [alert])),
    "",
    verdict(view),
  ];
}

export function verdict({ processes, alerts }: ClusterView): string {
  const count = `${processes.length} process${processes.length === 1 ? "" : "es"}`;
  if (alerts.length === 0) return `${count}, all well`;
  return `${count}, ${alerts.length} alert${alerts.length === 1 ? "" : "s"}`;
}

function summary({ at, processes, shardCount, shardsHeld, sockets }: ClusterView): string {
  const count = (role: string): number =>
    processes.filter(({ status }) => status.role === role).length;
  const kinds = ["worker", "gateway", "api", "all-in-one"].filter((role) => count(role) > 0)
    .map((role) => `${count(role)} ${role}${count(role) === 1 ? "" : "s"}`);
  const shards = `${shardsHeld} of ${shardCount ?? "?"} shards`;
  const parts = [...kinds, shards, `${text(sockets)} sockets`];
  return `${new Date(at).toISOString()}  ${parts.join(" · ")}`;
}

function rows(processes: readonly ShownProcess[]): readonly string[] {
  const cells = processes.map((process) => columns.map(({ cell }) => cell(process)));
  const widths = columns.map(({ head }, index) =>
    Math.max(head.length, ...cells.map((row) => row[index]?.length ?? 0))
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, index) => {
      const width = widths[index] ?? 0;
      return columns[index]?.isText === true ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd();
  return [line(columns.map(({ head }) => head)), ...cells.map(line)];
}

function section(title: string, lines: readonly (readonly string[])[]): readonly string[] {
  if (lines.length === 0) return [];
  const first = Math.max(...lines.map(([cell = ""]) => cell.length));
  return [
    "",
    title,
    ...lines.map(([cell = "", ...rest]) =>
      rest.length === 0 ? `  ${cell}` : `  ${[cell.padEnd(first), ...rest].join("  ")}`
    ),
  ];
}

function stateOf({ missing, isDrained, engine }: ShownProcess["status"]): string {
  if (isDrained) return "drained";
  if (missing.length > 0) return `no ${missing.join(",")}`;
  return engine?.isSettled === false ? "moving" : "ready";
}

function text(value: number | null | undefined): string {
  if (value === null || value === undefined) return "-";
  return Math.round(value).toLocaleString("en-US");
}

/** Short times with the digits that matter. */
function ms(value: number | null | undefined): string {
  if (value === null || value === undefined) return "-";
  return value < 10 ? value.toFixed(1) : text(value);
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)}s`;
  if (seconds < 2 * 3_600) return `${Math.round(seconds / 60)}m`;
  return seconds < 48 * 3_600
    ? `${Math.round(seconds / 3_600)}h`
    : `${Math.round(seconds / 86_400)}d`;
}
