/** The manifests that the chart gives, rendered without Helm. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";
import { renderTemplate, type Scope } from "./helm_template.ts";

const folder = fileURLToPath(new URL("./helm/", import.meta.url));

export interface Manifest extends Scope {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string };
}

export function chartValues(): Scope {
  return parse(readFileSync(`${folder}values.yaml`, "utf8"));
}

/** With these values instead of those of `values.yaml`, whole branches merged. */
export function renderChart(overrides: Scope = {}): readonly Manifest[] {
  const scope = chartScope(overrides);
  const files = readdirSync(`${folder}templates`).filter((name) => name.endsWith(".yaml")).sort();
  return files.flatMap((name) => {
    const text = renderTemplate(readFileSync(`${folder}templates/${name}`, "utf8"), scope);
    return parseAllDocuments(text, { strict: true, uniqueKeys: true }).flatMap((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw new Error(`Cannot read ${name}: ${error.message}`);
      const manifest: Manifest | null = document.toJS();
      return manifest === null ? [] : [manifest];
    });
  });
}

export function renderNotes(): string {
  return renderTemplate(readFileSync(`${folder}templates/NOTES.txt`, "utf8"), chartScope({}));
}

function chartScope(overrides: Scope): Scope {
  const chart: Scope = parse(readFileSync(`${folder}Chart.yaml`, "utf8"));
  return {
    Values: merged(chartValues(), overrides),
    Release: { Name: "city", Namespace: "charging" },
    Chart: { AppVersion: chart["appVersion"], Version: chart["version"] },
  };
}

function merged(below: Scope, above: Scope): Scope {
  const entries = Object.entries(above).map(([key, value]) => {
    const former = below[key];
    const isBranch = isMap(former) && isMap(value);
    return [key, isBranch ? merged(former, value) : value] as const;
  });
  return { ...below, ...Object.fromEntries(entries) };
}

function isMap(value: unknown): value is Scope {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
