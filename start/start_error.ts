/**
 * A start that cannot go on. The message is one sentence for the operator: what is wrong and what
 * to do.
 */
export class StartError extends Error {
  readonly exitCode: 1 | 2;

  constructor(sentence: string, options: { cause?: unknown; exitCode?: 1 | 2 } = {}) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "StartError";
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The code of a Node system error (`ENOENT`, `EACCES`, …), or the empty text. */
export function errorCode(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return "";
  return String(thrown.code);
}

export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
