import postgres from "postgres";

/** SQLSTATE of ending a process of the system's own: autovacuum may look into the database. */
const INSUFFICIENT = "42501";
const DROP_TRIES = 50;

/** The role that owns the tables and the database it owns. */
export interface OwnerAccount {
  readonly role: string;
  readonly password: string;
  readonly database: string;
}

/**
 * Makes role and database of the platform on an own server, or sets the password of the existing
 * role. Repeatable. `superuserUrl` names a database of the server that always exists.
 */
export async function prepareDatabase(superuserUrl: string, owner: OwnerAccount): Promise<void> {
  const sql = connect(superuserUrl);
  try {
    const roles = await sql`SELECT 1 FROM pg_roles WHERE rolname = ${owner.role}`;
    const verb = roles.length === 0 ? "CREATE" : "ALTER";
    // Utility statements take no parameters: the password is quoted by the server itself.
    const [quoted] = await sql`SELECT format(
      ${`${verb} ROLE %I LOGIN CREATEROLE CREATEDB PASSWORD %L`}::text,
      ${owner.role}::text, ${owner.password}::text) AS statement`;
    await sql.unsafe(String(quoted?.["statement"]));
    const databases = await sql`SELECT 1 FROM pg_database WHERE datname = ${owner.database}`;
    if (databases.length === 0) {
      await sql`CREATE DATABASE ${sql(owner.database)} OWNER ${sql(owner.role)}`;
    }
  } finally {
    await sql.end();
  }
}

/**
 * Makes a database `name` on the server of `serverUrl`, as a copy of the database `template` where
 * there is one, else empty; gives its URL. Nobody may be connected to the template.
 */
export async function createDatabase(
  serverUrl: string,
  name: string,
  template: string,
): Promise<string> {
  const sql = connect(serverUrl);
  try {
    const found = await sql`SELECT 1 FROM pg_database WHERE datname = ${template}`;
    const source = found.length === 0 ? "template1" : template;
    await sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(source)} STRATEGY file_copy`;
  } finally {
    await sql.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Removes a database with whatever is still connected to it. Repeatable. */
export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  const sql = connect(serverUrl);
  try {
    for (let tries = 1;; tries++) {
      try {
        // deno-lint-ignore no-await-in-loop -- one try after the other.
        return void await sql`DROP DATABASE IF EXISTS ${sql(name)} WITH (FORCE)`;
      } catch (error) {
        const isBusy = error instanceof postgres.PostgresError && error.code === INSUFFICIENT;
        if (!isBusy || tries === DROP_TRIES) throw error;
        // deno-lint-ignore no-await-in-loop -- as above.
        await sql`SELECT pg_sleep(0.2)`;
      }
    }
  } finally {
    await sql.end();
  }
}

function connect(url: string): postgres.Sql {
  return postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 5 });
}
