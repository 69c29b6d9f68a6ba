/** Dashboard, alert rules and autoscalers ask only for metrics that the source registers. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { renderChart } from "./chart.ts";
import { metricsOf, registeredMetrics } from "./metric_names.ts";

let registered: ReadonlySet<string>;
/** Prometheus makes them itself. */
const made = new Set(["up"]);

before(async () => {
  registered = await registeredMetrics();
});

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number };
  readonly targets?: readonly { readonly expr: string }[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface AdapterRule {
  readonly seriesQuery: string;
  readonly name: { readonly matches: string; readonly as: string };
  readonly metricsQuery: string;
}

function textOf(name: string): string {
  return readFileSync(fileURLToPath(new URL(name, import.meta.url)), "utf8");
}

function dashboard(): readonly Panel[] {
  return JSON.parse(textOf("./grafana/overview.json")).panels;
}

function rules(): readonly Rule[] {
  return parse(textOf("./alerts.yml")).groups.flatMap((group: { rules: Rule[] }) => group.rules);
}

/** Quoted texts do not count; every bracket is closed by its own kind. */
function isBalanced(expression: string): boolean {
  const open: string[] = [];
  for (const sign of expression.replace(/"[^"]*"/g, "").match(/[()[\]{}]/g) ?? []) {
    if ("([{".includes(sign)) open.push(sign);
    else if (`${open.pop() ?? ""}${sign}`.match(/^(\(\)|\[\]|\{\})$/) === null) return false;
  }
  return open.length === 0;
}

function assertExpression(where: string, expression: string): void {
  const names = metricsOf(expression).filter((name) => !made.has(name));
  assert.ok(isBalanced(expression), `${where}: brackets of ${expression}`);
  assert.deepEqual(names.filter((name) => !registered.has(name)), [], `${where}: ${expression}`);
  // A counter is read by its growth, a histogram's buckets, too: the plain number means nothing.
  for (const name of names.filter((one) => /_(total|bucket)$/.test(one))) {
    assert.match(expression, new RegExp(`(rate|increase)\\(${name}\\b`), where);
  }
  if (/histogram_quantile/.test(expression)) assert.match(expression, /by \([^)]*\ble\b/, where);
}

test("the metrics of the source are found, each histogram as its three series", () => {
  const some = [
    "statewatt_gateway_sockets",
    "statewatt_gateway_answered_total",
    "statewatt_commit_seconds_bucket",
    "statewatt_worker_lease_age_seconds",
    "statewatt_process_resident_memory_bytes",
  ];

  assert.deepEqual(some.filter((name) => !registered.has(name)), []);
  assert.ok(!registered.has("statewatt_commit_seconds") && !registered.has("statewatt_nothing"));
  assert.deepEqual(metricsOf('rate(statewatt_x_total{a="b"}[5m]) / up'), [
    "statewatt_x_total",
    "up",
  ]);
});

test("dashboard: each panel asks for metrics that there are", () => {
  const panels = dashboard().filter(({ type }) => type !== "row");
  for (const { title, targets = [] } of panels) {
    assert.ok(targets.length > 0, title);
    for (const { expr } of targets) {
      if (expr.includes("ALERTS{")) continue;
      assert.ok(metricsOf(expr).length > 0, `${title}: ${expr}`);
      assertExpression(title, expr);
    }
  }
});

test("dashboard: panels have ids of their own and do not lie upon each other", () => {
  const panels = dashboard();
  const places = panels.map(({ gridPos }) => `${gridPos.x} ${gridPos.y}`);

  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  assert.equal(new Set(places).size, panels.length);
  assert.ok(panels.every(({ gridPos }) => gridPos.x + gridPos.w <= 24));
});

test("alerts: each asks for metrics that there are and says what is wrong and what to do", () => {
  const names = rules().map(({ alert }) => alert);
  assert.equal(new Set(names).size, names.length);
  for (const { alert, expr, labels, annotations, for: lasting } of rules()) {
    assert.match(alert, /^Statewatt[A-Z]/);
    assert.ok(metricsOf(expr).length > 0, alert);
    assertExpression(alert, expr);
    assert.ok(["page", "ticket"].includes(labels["severity"] ?? ""), alert);
    assert.ok((annotations["summary"] ?? "").length > 10, alert);
    assert.ok((annotations["description"] ?? "").length > 30, alert);
    if (labels["severity"] === "page") assert.match(lasting ?? "", /^\d+[sm]$/, `${alert}: a blip`);
  }
});

test("autoscalers: their metrics come from the adapter's rules, and those from the source", () => {
  const adapter: readonly AdapterRule[] = parse(textOf("./prometheus_adapter.yml")).rules;
  const enabled = { autoscaling: { enabled: true } };
  const text = JSON.stringify(renderChart({ gateway: enabled, worker: enabled }));

  const wanted = [...text.matchAll(/"metric":\{"name":"(\w+)"\}/g)].map(([, name = ""]) => name);

  assert.deepEqual(wanted.sort(), adapter.map(({ name }) => name.as).sort());
  for (const { seriesQuery, name, metricsQuery } of adapter) {
    const [series = ""] = metricsOf(seriesQuery);
    assert.ok(registered.has(series), series);
    assert.equal(name.matches, `^${series}$`);
    assert.ok(isBalanced(metricsQuery));
  }
});
