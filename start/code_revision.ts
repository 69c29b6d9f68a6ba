import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The version of this code, as semantic versioning has it: `0.1.0+3f15bcb`. The revision is what is
 * given (`CODE_REVISION` of an image), or that of the git checkout, or absent.
 */
export function codeVersion(given: string | undefined): string {
  const { version }: { version: string } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const revision = given ?? checkedOut();
  return revision === undefined ? version : `${version}+${revision}`;
}

function checkedOut(): string | undefined {
  const head = textOf("HEAD")?.trim();
  if (head === undefined) return undefined;
  const reference = /^ref: (.+)$/.exec(head)?.[1];
  const revision = reference === undefined ? head : textOf(reference)?.trim() ?? packed(reference);
  return revision !== undefined && /^[0-9a-f]{40}$/.test(revision)
    ? revision.slice(0, 7)
    : undefined;
}

function packed(reference: string): string | undefined {
  const line = textOf("packed-refs")?.split("\n").find((one) => one.endsWith(` ${reference}`));
  return line?.slice(0, 40);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(`${root}.git/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
