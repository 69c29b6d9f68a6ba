/** The OpenAPI 3.1 document of a list of routes, from the same shapes that check the requests. */
import { Problem, type TSchema } from "#schemas/rest/shape.ts";
import type { Route } from "./route.ts";

type Json = Readonly<Record<string, unknown>>;

const VERSION = "1.0.0";

export function openApiDocument(routes: readonly Route[]): Json {
  const components = new Map<string, unknown>();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.startsWith("//") ? route.path.slice(1) : `/api/v1${route.path}`;
    (paths[path] ??= {})[route.method] = operation(route, components);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Statewatt",
      version: VERSION,
      description: "Charging stations, sessions and tokens of a charging network.",
    },
    servers: [{ url: "/" }],
    security: [{ operatorKey: [] }],
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([a], [b]) => a < b ? -1 : 1)),
      securitySchemes: { operatorKey: { type: "http", scheme: "bearer" } },
    },
  };
}

function operation(route: Route, components: Map<string, unknown>): Json {
  const { shapes, reads } = route;
  const isMerge = route.method === "patch";
  const bodyTypes = reads.length > 0
    ? reads
    : isMerge
    ? ["application/merge-patch+json", "application/json"]
    : ["application/json"];
  const body = shapes.body ?? (reads.length > 0 ? { type: "string" } : undefined);
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [route.tag],
    ...(route.isOpen ? { security: [] } : {}),
    parameters: [
      ...parameters("path", shapes.params, components),
      ...parameters("query", shapes.query, components),
      ...(route.method === "post" ? [idempotencyKey] : []),
    ],
    ...(body === undefined ? {} : {
      requestBody: {
        required: true,
        content: content(bodyTypes, body, components),
      },
    }),
    responses: responses(route, components),
  };
}

const idempotencyKey = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "The same request under the same key within 24 hours gets the first answer again",
  schema: { type: "string", minLength: 1, maxLength: 255 },
};

function parameters(
  place: "path" | "query",
  shape: TSchema,
  components: Map<string, unknown>,
): readonly Json[] {
  const properties = Object.entries(objectOf(shape["properties"]));
  const required = new Set<unknown>(Array.isArray(shape["required"]) ? shape["required"] : []);
  return properties.map(([name, member]) => {
    const schema = referred(member, components);
    const hasDefault = "default" in objectOf(member);
    return {
      name,
      in: place,
      required: place === "path" || (required.has(name) && !hasDefault),
      schema,
    };
  });
}

function responses(route: Route, components: Map<string, unknown>): Json {
  const good = Object.entries(route.answers).map(([status, shape]) => [status, {
    description: status === "204" ? "Done" : route.summary,
    ...(shape === null ? {} : { content: content(mediaTypes(route), shape, components) }),
  }]);
  const problem = {
    description: "A problem (RFC 9457)",
    content: content(["application/problem+json"], Problem, components),
  };
  return { ...Object.fromEntries(good), default: problem };
}

function mediaTypes(route: Route): readonly string[] {
  if (route.gives !== undefined) return [route.gives];
  return route.item === undefined
    ? ["application/json"]
    : ["application/json", "text/csv", "application/x-ndjson"];
}

function content(
  types: readonly string[],
  shape: unknown,
  components: Map<string, unknown>,
): Json {
  const schema = referred(shape, components);
  return Object.fromEntries(types.map((type) => {
    return [type, { schema: /json$/.test(type) ? schema : { type: "string" } }];
  }));
}

/** The schema with every titled part moved to the components. */
function referred(shape: unknown, components: Map<string, unknown>): unknown {
  if (Array.isArray(shape)) return shape.map((member) => referred(member, components));
  if (typeof shape !== "object" || shape === null) return shape;
  const title = "title" in shape ? shape.title : undefined;
  const isNamed = typeof title === "string" && /^[A-Z]\w+$/.test(title);
  if (isNamed && components.has(title)) return { $ref: `#/components/schemas/${title}` };
  if (isNamed) components.set(title, undefined);
  const plain = Object.fromEntries(
    Object.entries(shape).map(([name, member]) => [name, referred(member, components)]),
  );
  if (!isNamed) return plain;
  components.set(title, plain);
  return { $ref: `#/components/schemas/${title}` };
}

/** `getStationsById`, `postStationsByIdCommandsByKind`. */
function operationId({ method, path }: Route): string {
  const words = path.split("/").filter((part) => part !== "").map((part) => {
    const parameter = /^\{(\w+)\}$/.exec(part)?.[1];
    const word = parameter === undefined ? part : `By-${parameter}`;
    return word.split(/[-.]/).map((piece) => piece.slice(0, 1).toUpperCase() + piece.slice(1))
      .join("");
  });
  return `${method}${words.join("")}`;
}

function objectOf(value: unknown): Json {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
