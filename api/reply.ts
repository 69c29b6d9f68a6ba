/** What a route answers, as plain data: it can be stored and given again (Idempotency-Key). */
export interface Reply {
  readonly status: number;
  /** JSON; undefined = no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** What a repeat under the same Idempotency-Key gets instead of `body`: no secret is kept. */
  readonly keptBody?: unknown;
}

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export function ok(body: unknown): Reply {
  return { status: 200, body };
}

/** 201 with the place of the new resource. */
export function created(path: string, body: unknown): Reply {
  return { status: 201, body, headers: { location: path } };
}

/** 202: under way, to be looked at under `path`. */
export function accepted(path: string, body: unknown): Reply {
  return { status: 202, body, headers: { location: path } };
}

export const noContent: Reply = { status: 204 };

export function toResponse(reply: Reply): Response {
  const headers = new Headers(reply.headers);
  if (reply.body === undefined) return new Response(null, { status: reply.status, headers });
  if (!headers.has("content-type")) headers.set("content-type", "application/json");
  return new Response(JSON.stringify(reply.body), { status: reply.status, headers });
}
