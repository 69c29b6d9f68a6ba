/** Which metrics the source registers, and which an expression of Prometheus asks for. */
import { systemClock } from "#engine/adapters/system_clock.ts";
import { sourceFiles } from "#engine/source_tree.ts";
import { createTelemetry } from "#engine/telemetry.ts";

/** Names as Prometheus stores them: a histogram is three. */
export async function registeredMetrics(): Promise<ReadonlySet<string>> {
  const names = new Set<string>(await processMetrics());
  const files = sourceFiles(["engine", "actors", "gateway", "api", "start"])
    .filter(({ path }) => !/_test\.ts$|testing/.test(path));
  for (const { lines } of files) {
    for (const [kind, name] of declaredIn(lines.join("\n"))) {
      const parts = kind === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      for (const part of parts) names.add(`${name}${part}`);
    }
  }
  return names;
}

const declaration =
  /\b(counter|gauge|watch|histogram)\(\s*(?:(name)\(\s*)?(?:"([a-z0-9_]+)"|`([a-z0-9_${}]+)`)/g;
/** `statewatt_${kind}_…` is a member's kind; `name("…")` is the gateway's own (gateway/counts.ts). */
const memberKinds = ["gateway", "worker", "api"];

function declaredIn(text: string): readonly (readonly [string, string])[] {
  return [...text.matchAll(declaration)].flatMap(([, kind = "", short, plain, pattern]) => {
    const name = `${short === undefined ? "" : "statewatt_gateway_"}${plain ?? pattern ?? ""}`;
    const all = name.includes("${kind}")
      ? memberKinds.map((member) => name.replace("${kind}", member))
      : [name];
    return all.filter((one) => one.startsWith("statewatt_")).map((one) => [kind, one] as const);
  });
}

/** What prom-client adds by itself: memory, CPU, garbage collection. */
async function processMetrics(): Promise<readonly string[]> {
  const clock = systemClock();
  const text = await createTelemetry({ clock, process: "deploy", write: () => {} }).metricsText();
  return [...text.matchAll(/^(statewatt_\w+)/gm)].map(([, name = ""]) => name);
}

/** Those of ours, and `up`, which Prometheus itself makes. */
export function metricsOf(expression: string): readonly string[] {
  return [...expression.matchAll(/\b(?:statewatt_\w+|up)\b(?=\s*[{[)\s]|$)/g)].map(([name]) =>
    name
  );
}
