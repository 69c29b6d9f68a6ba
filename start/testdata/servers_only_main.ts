/** The all-in-one without the platform: what the tests of the start run as a process of its own. */
import process from "node:process";
import { createServer } from "node:http";
import { once } from "node:events";
import { migrate } from "#engine/adapters/postgres_migrations.ts";
import { runAllInOne } from "../all_in_one.ts";

await runAllInOne(async ({ config, databaseUrl, natsUrl, progress }) => {
  const { applied } = await migrate(databaseUrl);
  progress.say(`applied ${applied.length} migrations`);
  const server = createServer((request, response) => {
    response.end(JSON.stringify({ databaseUrl, natsUrl }));
    if (request.url === "/bug") queueMicrotask(() => Promise.reject(new Error("a bug")));
  });
  server.listen(config.httpPort, "127.0.0.1");
  await once(server, "listening");
  return {
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}, process.argv.slice(2));
