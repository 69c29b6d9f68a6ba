import { AuthorisationSettings, AuthorisationSettingsReplace } from "#schemas/rest/local_list.ts";
import type { Rows } from "../ports/rows.ts";
import { ok } from "../reply.ts";
import { type Route, route } from "../route.ts";

const one = {
  path: "/authorisation-settings",
  tag: "Tokens",
  answers: { 200: AuthorisationSettings },
} as const;

export const authorisationSettingsRoutes: readonly Route[] = [
  route({
    ...one,
    method: "get",
    summary: "What holds for tokens in the whole network",
    handler: async ({ platform, tenant }) => ok(await platform.tenants.run(tenant, settingsOf)),
  }),
  route({
    ...one,
    method: "put",
    summary: "Names the group of the master pass, whose tokens end the transactions of others",
    body: AuthorisationSettingsReplace,
    handler: async ({ platform, tenant, body: { masterPassGroupId = null } }) =>
      ok(
        await platform.tenants.run(tenant, async (rows) => {
          await rows.all(
            `INSERT INTO authorisation_settings (tenant, master_pass_group_id, updated_at)
              VALUES ($1, $2, now())
              ON CONFLICT (tenant) DO UPDATE SET updated_at = excluded.updated_at,
                master_pass_group_id = excluded.master_pass_group_id`,
            [tenant, masterPassGroupId],
          );
          return await settingsOf(rows);
        }),
      ),
  }),
];

async function settingsOf(rows: Rows): Promise<AuthorisationSettings> {
  const [row] = await rows.all<{ group: string | null; tokens: number }>(
    `SELECT s.master_pass_group_id AS "group", (SELECT count(*) FROM tokens t
        WHERE NOT t.deleted AND t.status = 'Accepted'
          AND lower(t.group_id) = lower(s.master_pass_group_id)) AS tokens
      FROM authorisation_settings s`,
  );
  return { masterPassGroupId: row?.group ?? null, masterPassTokens: row?.tokens ?? 0 };
}
