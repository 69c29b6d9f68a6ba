import { HttpRefusal } from "./problem.ts";
import { PlatformError } from "#schemas/errors.ts";

/**
 * Reads a body as UTF-8 text, at most `bytesMax` of it.
 *
 * @throws {HttpRefusal} "too-large"; {PlatformError} "malformed" for broken UTF-8.
 */
export async function limitedText(request: Request, bytesMax: number): Promise<string> {
  const refusal = (): HttpRefusal =>
    new HttpRefusal("too-large", `Cannot read the body: it has more than ${bytesMax} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) throw refusal();
  if (request.body === null) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let size = 0;
  try {
    for await (const chunk of request.body) {
      size += chunk.byteLength;
      if (size > bytesMax) throw refusal();
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    throw new PlatformError("malformed", "Cannot read the body: it is not UTF-8", {
      cause: thrown,
    });
  }
}
