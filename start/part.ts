import process from "node:process";
import { errorText } from "./start_error.ts";

/** Something that runs until it is closed. Closing is repeatable. */
export interface Part {
  /** Hands its work to others before it closes; without it closing is all there is to do. */
  drain?(): Promise<void>;
  close(): Promise<void>;
}

/** Drains the parts, the last started first. */
export async function drainAll(parts: readonly Part[]): Promise<void> {
  for (const part of parts.toReversed()) {
    try {
      // deno-lint-ignore no-await-in-loop -- one after the other is the point
      await part.drain?.();
    } catch (thrown) {
      process.stderr.write(`A part could not hand its work over: ${errorText(thrown)}\n`);
    }
  }
}

/** Closes in reverse order of the start; one that fails does not keep the others running. */
export async function closeAll(parts: readonly Part[]): Promise<void> {
  for (const part of parts.toReversed()) {
    try {
      // deno-lint-ignore no-await-in-loop -- one after the other is the point
      await part.close();
    } catch (thrown) {
      process.stderr.write(`A part did not stop cleanly: ${errorText(thrown)}\n`);
    }
  }
}
