/** The REST API, typed. Every failure is an `ApiError` that can be shown as it is. */
import type { Problem } from "./shapes.ts";

export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem | undefined;

  constructor(status: number, message: string, problem?: Problem) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
  }
}

export type QueryValue = string | number | boolean | null | undefined;
export type QueryValues = Readonly<Record<string, QueryValue>>;

/** `/stations?search=a`; empty values are left out. */
export function withQuery(path: string, values: QueryValues): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** One path segment of an id such as `DE*ABC*E1/2`. */
export function segment(id: string): string {
  return encodeURIComponent(id);
}

export interface ApiOptions {
  readonly key: string;
  /** Called when the key is refused. */
  readonly onRefused: () => void;
  readonly fetch?: typeof globalThis.fetch;
}

export class Api {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.#json("GET", path, undefined, signal);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#json("POST", path, body);
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.#json("PUT", path, body);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.#json("PATCH", path, body);
  }

  remove(path: string): Promise<void> {
    return this.#json("DELETE", path);
  }

  /** The event stream from just after `lastEventId` on. */
  async events(lastEventId: string, signal: AbortSignal): Promise<Response> {
    const response = await this.#send("/events", {
      signal,
      headers: {
        accept: "text/event-stream",
        ...(lastEventId === "" ? {} : { "last-event-id": lastEventId }),
      },
    });
    if (!response.ok) throw await this.#failure(response);
    return response;
  }

  async #json<T>(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<T> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const response = await this.#send(path, {
      method,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": type }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw await this.#failure(response);
    const text = await response.text();
    // The one place where the server is trusted to keep its contract.
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${this.#options.key}`);
    const send = this.#options.fetch ?? globalThis.fetch;
    try {
      return await send(`/api/v1${path}`, { ...init, headers, cache: "no-store" });
    } catch (cause) {
      if (init.signal?.aborted === true) throw cause;
      throw new ApiError(0, "The platform does not answer. Is it running?");
    }
  }

  async #failure(response: Response): Promise<ApiError> {
    if (response.status === 401) this.#options.onRefused();
    const problem = await readProblem(response);
    return new ApiError(response.status, sentence(response, problem), problem);
  }
}

async function readProblem(response: Response): Promise<Problem | undefined> {
  if (!(response.headers.get("content-type") ?? "").includes("json")) return undefined;
  try {
    return await response.json() as Problem;
  } catch {
    return undefined;
  }
}

function sentence(response: Response, problem: Problem | undefined): string {
  const said = problem?.detail ?? problem?.title ?? `The platform answered ${response.status}`;
  const fields = (problem?.errors ?? []).map((error) => `${error.pointer} ${error.detail}`.trim());
  const wait = response.headers.get("retry-after");
  const whole = fields.length === 0 ? said : `${said} (${fields.join("; ")})`;
  return wait === null ? whole : `${whole}. Try again in ${wait} s`;
}

/** What to show for anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
