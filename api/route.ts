/**
 * A route is its shapes and a few lines: what is declared here is checked, documented and mounted.
 * Handlers give plain replies and throw; nothing in them knows a status of an error.
 */
import { Type } from "@sinclair/typebox";
import { ListQuery, type Static, type TSchema } from "#schemas/rest/shape.ts";
import { parseJson } from "./json_body.ts";
import type { Platform } from "./platform.ts";
import type { Page, Reply } from "./reply.ts";
import { shapeCheck } from "./shape_check.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** Facts about one request besides what its shapes hold. */
export interface Asked {
  readonly tenant: string;
  readonly principal: string;
  readonly platform: Platform;
  readonly url: URL;
  readonly signal: AbortSignal;
  readonly method: string;
  header(name: string): string | undefined;
  /** An id that is the same again when the request is repeated under its Idempotency-Key. */
  id(purpose: string): string;
}

export interface Incoming<Params, Query, Body> extends Asked {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Body as it came, for imports. */
  readonly text: string;
}

const Nothing = Type.Object({}, { additionalProperties: false });
const Anything = Type.Unknown();
type NothingShape = typeof Nothing;
type AnythingShape = typeof Anything;

export interface RouteOptions<
  Params extends TSchema,
  Query extends TSchema,
  Body extends TSchema,
> {
  readonly method: Method;
  /** Below /api/v1, with `{name}` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Media types of a body that the handler reads itself (`text`). */
  readonly reads?: readonly string[];
  /** The good answers by status; null = no body. Problems are documented for every route. */
  readonly answers: Readonly<Record<number, TSchema | null>>;
  /** Media type of an answer that is no JSON. */
  readonly gives?: string;
  readonly bodyBytesMax?: number;
  /** Needs no key. */
  readonly isOpen?: boolean;
  handler(
    incoming: Incoming<Static<Params>, Static<Query>, Static<Body>>,
  ): Promise<Reply | Response> | Reply | Response;
}

/** A request as the app hands it to a route: nothing checked yet. */
export interface RawRequest extends Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly shapes: {
    readonly params: TSchema;
    readonly query: TSchema;
    readonly body: TSchema | undefined;
  };
  readonly reads: readonly string[];
  readonly answers: Readonly<Record<number, TSchema | null>>;
  readonly gives: string | undefined;
  readonly bodyBytesMax: number;
  readonly isOpen: boolean;
  /** Set for lists: what one item is. */
  readonly item?: TSchema;
  answer(raw: RawRequest): Promise<Reply | Response>;
}

/** Larger than any OCPP payload that a station would take. */
const BODY_BYTES_MAX = 1_048_576;

export function route<
  Params extends TSchema = NothingShape,
  Query extends TSchema = NothingShape,
  Body extends TSchema = AnythingShape,
>(options: RouteOptions<Params, Query, Body>): Route {
  const checkParams = options.params === undefined ? undefined : shapeCheck(options.params, "text");
  const checkQuery = shapeCheck(options.query ?? Nothing, "text");
  const checkBody = options.body === undefined ? undefined : shapeCheck(options.body, "json");
  return {
    method: options.method,
    path: options.path,
    summary: options.summary,
    tag: options.tag,
    shapes: {
      params: options.params ?? Nothing,
      query: options.query ?? Nothing,
      body: options.body,
    },
    reads: options.reads ?? [],
    answers: options.answers,
    gives: options.gives,
    bodyBytesMax: options.bodyBytesMax ?? BODY_BYTES_MAX,
    isOpen: options.isOpen ?? false,
    async answer(raw): Promise<Reply | Response> {
      const params = checkParams?.({ ...raw.params }, "the path") ?? {};
      const query = checkQuery(Object.fromEntries(raw.url.searchParams), "the query");
      const body = checkBody?.(parseJson(raw.text, "the body"), "the body");
      return await options.handler({ ...raw, params, query, body });
    },
  };
}

export interface ListOptions<Params extends TSchema, Query extends TSchema, Item extends TSchema> {
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly item: Item;
  page(
    incoming: Incoming<Static<Params>, Static<Query>, unknown>,
  ): Promise<Page<Static<Item>>>;
}

/** A route that gives a page of items: JSON, or CSV and NDJSON by `Accept`. */
export function list<
  Item extends TSchema,
  Params extends TSchema = NothingShape,
  Query extends TSchema = typeof ListQuery,
>(options: ListOptions<Params, Query, Item>): Route {
  const page = Type.Object({
    items: Type.Array(options.item),
    nextCursor: Type.Union([Type.String(), Type.Null()]),
  });
  const made = route({
    method: "get",
    path: options.path,
    summary: options.summary,
    tag: options.tag,
    ...(options.params === undefined ? {} : { params: options.params }),
    query: options.query ?? ListQuery,
    answers: { 200: page },
    handler: async (incoming) => ({ status: 200, body: await options.page(incoming) }),
  });
  return { ...made, item: options.item };
}
