/** `docker-compose.yml` as data, with its merges carried out. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export interface ComposeService {
  readonly image: string;
  readonly user: string;
  readonly command?: string | readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly deploy: { readonly resources: { readonly limits: Readonly<Record<string, string>> } };
  readonly [key: string]: unknown;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export const composeText = readFileSync(
  fileURLToPath(new URL("../docker-compose.yml", import.meta.url)),
  "utf8",
);

export function composeFile(): ComposeFile {
  return parse(composeText, { merge: true, strict: true, uniqueKeys: true });
}

/** Compose puts these in from `.env`: `${NAME}`, `${NAME:-default}`, `${NAME:?why}`. */
export function variablesOf(text: string): readonly string[] {
  return [...text.matchAll(/\$\{([A-Z_]+)(?::[-?][^}]*)?\}/g)].map(([, name = ""]) => name);
}

/** The text as compose would hand it on when every variable without a default is `value`. */
export function filledIn(text: string, value: string): string {
  return text.replace(
    /\$\{[A-Z_]+(?::([-?])([^}]*))?\}/g,
    (_, kind?: string, rest?: string) => kind === "-" ? rest ?? "" : value,
  );
}
