import { PlatformError, toPlatformError } from "#schemas/errors.ts";
import { tokensChangedSubject } from "#schemas/events/token.ts";
import { ImportReport } from "#schemas/rest/shape.ts";
import {
  Token,
  TokenCreate,
  TokenParams,
  TokenPatch,
  TokenQuery,
  TokenReplace,
} from "#schemas/rest/token.ts";
import { csvRows, ImportTally, importTypes, isCsv, ndjsonRows } from "../import_lines.ts";
import { mergePatch } from "../merge_patch.ts";
import {
  deleteToken,
  findToken,
  listTokens,
  type TokenFields,
  tokenKey,
  writeTokens,
} from "../queries/token_rows.ts";
import { created, noContent, ok, type Reply } from "../reply.ts";
import { type Asked, list, type Route, route } from "../route.ts";
import { shapeCheck } from "../shape_check.ts";

const tag = "Tokens";
const one = { path: "/tokens/{uid}", tag, params: TokenParams } as const;
/** Workers answer when their caches have the change; a card must work at once after it was made. */
const CACHE_WAIT_MS = 500;
const IMPORT_BYTES_MAX = 67_108_864;
const IMPORT_BATCH = 500;

const checkWhole = shapeCheck(TokenReplace, "json");
const checkLine = { json: shapeCheck(TokenCreate, "json"), csv: shapeCheck(TokenCreate, "text") };

export const tokenRoutes: readonly Route[] = [
  list({
    path: "/tokens",
    summary: "Cards, keys and apps that may charge",
    tag,
    query: TokenQuery,
    item: Token,
    page: ({ platform, tenant, query }) =>
      platform.tenants.run(tenant, (rows) => listTokens(rows, query)),
  }),
  route({
    method: "post",
    path: "/tokens",
    summary: "A new token",
    tag,
    body: TokenCreate,
    answers: { 201: Token },
    handler: async (incoming) => {
      const { platform, tenant, body } = incoming;
      const token = await platform.tenants.run(tenant, async (rows) => {
        const [written] = await writeTokens(rows, tenant, [fieldsOf(body.uid, body)]);
        if (written?.isNew === true) return written.token;
        throw new PlatformError("conflict", `Cannot create token ${body.uid}: it exists already`);
      });
      await tellWorkers(incoming);
      return created(pathOf(body.uid), token);
    },
  }),
  route({
    method: "post",
    path: "/tokens/import",
    summary: "Creates and replaces many tokens",
    tag,
    reads: importTypes,
    bodyBytesMax: IMPORT_BYTES_MAX,
    answers: { 200: ImportReport },
    handler: (incoming) => imported(incoming, incoming.text),
  }),
  route({
    ...one,
    method: "get",
    summary: "One token; its uid is compared without case",
    answers: { 200: Token },
    handler: async ({ platform, tenant, params: { uid } }) => {
      const token = await platform.tenants.run(tenant, (rows) => findToken(rows, uid));
      if (token === undefined) throw noToken(uid);
      return ok(token);
    },
  }),
  route({
    ...one,
    method: "put",
    summary: "Creates or replaces a token",
    body: TokenReplace,
    answers: { 200: Token, 201: Token },
    handler: async (incoming) => {
      const { platform, tenant, params: { uid }, body } = incoming;
      requireSameUid(uid, body.uid);
      const [written] = await platform.tenants.run(
        tenant,
        (rows) => writeTokens(rows, tenant, [fieldsOf(body.uid ?? uid, body)]),
      );
      await tellWorkers(incoming);
      return written?.isNew === true ? created(pathOf(uid), written.token) : ok(written?.token);
    },
  }),
  route({
    ...one,
    method: "patch",
    summary: "Changes parts of a token (merge patch)",
    body: TokenPatch,
    answers: { 200: Token },
    handler: async (incoming) => {
      const { platform, tenant, params: { uid }, body } = incoming;
      const token = await platform.tenants.run(tenant, async (rows) => {
        const before = await findToken(rows, uid);
        if (before === undefined) throw noToken(uid);
        const whole = checkWhole(mergePatch(before, body), "the changed token");
        return (await writeTokens(rows, tenant, [fieldsOf(before.uid, whole)]))[0]?.token;
      });
      await tellWorkers(incoming);
      return ok(token);
    },
  }),
  route({
    ...one,
    method: "delete",
    summary: "Removes a token: stations refuse it from now on",
    answers: { 204: null },
    handler: async (incoming) => {
      const { platform, tenant, params: { uid } } = incoming;
      const isGone = await platform.tenants.run(tenant, (rows) => deleteToken(rows, tenant, uid));
      if (!isGone) throw noToken(uid);
      await tellWorkers(incoming);
      return noContent;
    },
  }),
];

async function imported(asked: Asked, text: string): Promise<Reply> {
  const { platform, tenant } = asked;
  const tally = new ImportTally();
  const isTable = isCsv(asked.header("content-type"));
  const check = isTable ? checkLine.csv : checkLine.json;
  let batch = new Map<string, { readonly line: number; readonly token: TokenFields }>();
  const write = async (): Promise<void> => {
    const tokens = [...batch.values()].map(({ token }) => token);
    const written = await platform.tenants.run(tenant, (rows) => writeTokens(rows, tenant, tokens));
    for (const { isNew } of written) tally.add(isNew);
    batch = new Map();
  };
  for (const row of isTable ? csvRows(text) : ndjsonRows(text)) {
    if ("detail" in row) {
      tally.fail(row.line, row.detail);
      continue;
    }
    try {
      const body = check(row.value, "the row");
      // The same card again: one statement cannot write a row twice.
      // deno-lint-ignore no-await-in-loop -- batches in order, so that the last line of a card wins
      if (batch.has(tokenKey(body.uid)) || batch.size >= IMPORT_BATCH) await write();
      batch.set(tokenKey(body.uid), { line: row.line, token: fieldsOf(body.uid, body) });
    } catch (thrown) {
      tally.fail(row.line, rowDetail(thrown));
    }
  }
  await write();
  await tellWorkers(asked);
  return ok(tally.report);
}

/** What is wrong with one row; a failure of the platform ends the import instead. */
function rowDetail(thrown: unknown): string {
  const error = toPlatformError(thrown);
  if (error.kind !== "malformed") throw thrown;
  return error.message;
}

/**
 * Waits for the caches, but not for ever: they find the change by themselves within two seconds.
 */
async function tellWorkers({ platform, tenant }: Asked): Promise<void> {
  try {
    await platform.bus.ask(tokensChangedSubject, JSON.stringify({ tenant }), CACHE_WAIT_MS);
  } catch (thrown) {
    platform.telemetry.log("debug", "No worker confirmed the change of tokens", { error: thrown });
  }
}

function fieldsOf(
  uid: string,
  body: {
    readonly type: string;
    readonly status: Token["status"];
    readonly groupId?: string | null;
    readonly expiresAt?: string | null;
    readonly concurrentSessions: number;
  },
): TokenFields {
  const { type, status, groupId, expiresAt, concurrentSessions } = body;
  return {
    uid,
    type,
    status,
    ...(groupId === undefined || groupId === null ? {} : { groupId }),
    ...(expiresAt === undefined || expiresAt === null ? {} : { expiresAt }),
    concurrentSessions,
  };
}

function requireSameUid(uid: string, inBody: string | undefined): void {
  if (inBody === undefined || tokenKey(inBody) === tokenKey(uid)) return;
  throw new PlatformError("malformed", "Cannot replace the token: the body names another uid", {
    fields: [{ pointer: "/uid", detail: "must be the uid of the path" }],
  });
}

function noToken(uid: string): PlatformError {
  return new PlatformError("not-found", `Cannot find token ${uid}: it does not exist`);
}

function pathOf(uid: string): string {
  return `/api/v1/tokens/${encodeURIComponent(uid)}`;
}
