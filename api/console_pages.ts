/** Serves the built console: its files, and its page for every path that is no file. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { Readable } from "node:stream";
import type { Context, MiddlewareHandler } from "hono";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Asks again by itself until the build is there; no script, so that the content policy holds. */
const waitingPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Statewatt</title></head>
<body style="font-family:system-ui;display:grid;place-content:center;min-height:90vh">
<p>The console is being built. This page opens it when it is ready.</p></body></html>`;

/** Assets carry a hash of their content in their name and never change. */
const forever = "public, max-age=31536000, immutable";

export function consolePages(root: string | undefined): MiddlewareHandler {
  return async (context, next) => {
    const path = decoded(context.req.path);
    if (path === undefined || isElsewhere(path)) return await next();
    const found = root === undefined ? undefined : await fileBelow(root, path);
    if (found !== undefined) return fileResponse(context, found);
    // A missing asset is no page: a browser would run HTML as a script.
    // (A dot alone tells nothing: a station may be called DE*ABC*E1.2.)
    if (path.startsWith("/assets/") || types[extname(path)] !== undefined) return await next();
    const page = root === undefined ? undefined : await fileBelow(root, "/index.html");
    if (page !== undefined) return fileResponse(context, page);
    return context.html(waitingPage, 200, { "cache-control": "no-store" });
  };
}

/** Paths that belong to others: the driver app is not part of these pages. */
function isElsewhere(path: string): boolean {
  return /^\/(api|drive|ocpp|problems)(\/|$)/.test(path);
}

/** Undefined for what is no path. */
function decoded(path: string): string | undefined {
  try {
    const text = decodeURIComponent(path);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

interface FoundFile {
  readonly file: string;
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
}

async function fileBelow(root: string, path: string): Promise<FoundFile | undefined> {
  const file = normalize(join(root, path));
  // Hidden files (drafts of a build among them) are nobody's business.
  if (!file.startsWith(normalize(root) + sep) || /[\\/]\./.test(path)) return undefined;
  try {
    const found = await stat(file);
    if (!found.isFile()) return undefined;
    return { file, path, size: found.size, modifiedMs: found.mtimeMs };
  } catch {
    return undefined;
  }
}

function fileResponse(context: Context, found: FoundFile): Response {
  const tag = `"${found.size.toString(36)}-${Math.floor(found.modifiedMs).toString(36)}"`;
  const headers = new Headers({
    "content-type": types[extname(found.file)] ?? "application/octet-stream",
    "cache-control": found.path.startsWith("/assets/") ? forever : "no-cache",
    etag: tag,
  });
  if (context.req.header("if-none-match") === tag) {
    return new Response(null, { status: 304, headers });
  }
  headers.set("content-length", String(found.size));
  if (context.req.method === "HEAD") return new Response(null, { headers });
  return new Response(webStream(createReadStream(found.file)), { headers });
}

/** Node's and the web's types of streams differ by runtime: this one only passes bytes on. */
function webStream(readable: Readable): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = readable[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const { done, value } = await chunks.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel(): void {
      readable.destroy();
    },
  });
}
