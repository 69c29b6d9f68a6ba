/** What the code says about its roles: settings, defaults, and the commands that start them. */
import type { TObject } from "@sinclair/typebox";
import { parse } from "yaml";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  apiConfigSchema,
  gatewayConfigSchema,
  variableName,
  workerConfigSchema,
} from "#schemas/config.ts";

export const roleSchemas: Readonly<Record<"gateway" | "worker" | "api", TObject>> = {
  gateway: gatewayConfigSchema,
  worker: workerConfigSchema,
  api: apiConfigSchema,
};

/** Names of the environment that this role reads. */
export function settingNames(schema: TObject): ReadonlySet<string> {
  return new Set(Object.keys(schema.properties).map(variableName));
}

/** Default of a setting, by its name in the environment. */
export function defaultOf(schema: TObject, name: string): unknown {
  const found = Object.entries(schema.properties)
    .find(([property]) => variableName(property) === name);
  return found?.[1]["default"];
}

/** The command behind a task of `deno.json`. */
export function taskCommand(name: string): string {
  const file = fileURLToPath(new URL("../deno.json", import.meta.url));
  const tasks: Record<string, string> = parse(readFileSync(file, "utf8")).tasks;
  return tasks[name] ?? "";
}
