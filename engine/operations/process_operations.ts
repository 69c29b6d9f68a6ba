/** What every process offers: its log level, the audit, its own end. */
import { PlatformError } from "#schemas/errors.ts";
import type { OperationAudit, Operations } from "../ports/operations.ts";
import { type LogLevel, logLevels, type Telemetry } from "../telemetry.ts";
import { numberOf } from "./arguments.ts";

const AUDIT_SHOWN = 50;
const AUDIT_SHOWN_MAX = 1_000;

export interface ProcessOperationParts {
  readonly telemetry: Telemetry;
  readonly audit: OperationAudit;
  /** Hands this process's work to others; undefined: there are none. */
  readonly drain: (() => Promise<object>) | undefined;
}

export function processOperations(
  { telemetry, audit, drain }: ProcessOperationParts,
): Operations {
  return {
    "log-level": {
      help: `The least serious lines that it writes from now on: ${logLevels.join(", ")}`,
      args: ["level"],
      run: ({ level = "" }) => {
        if (!isLevel(level)) {
          const detail = `Cannot log from "${level}" on: it is one of ${logLevels.join(", ")}`;
          return Promise.reject(new PlatformError("invalid-value", detail));
        }
        return Promise.resolve({ level, before: telemetry.setLogLevel(level) });
      },
    },
    audit: {
      help: "Uses of operations, the newest first",
      args: ["limit?"],
      run: async (args) => {
        const rule = { min: 1, max: AUDIT_SHOWN_MAX, otherwise: AUDIT_SHOWN };
        return { uses: await audit.list(numberOf(args, "limit", rule)) };
      },
    },
    drain: {
      help: "Hands its work to other processes and takes none; it stays so until it is ended",
      args: [],
      run: async () => {
        if (drain !== undefined) return await drain();
        throw new PlatformError("unsupported", "Cannot drain an all-in-one: there is no other");
      },
    },
  };
}

function isLevel(text: string): text is LogLevel {
  return logLevels.some((level) => level === text);
}
