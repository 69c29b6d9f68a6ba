import process from "node:process";
import { errorText } from "./start_error.ts";

/** Something that runs until it is closed. Closing is repeatable. */
export interface Part {
  close(): Promise<void>;
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
