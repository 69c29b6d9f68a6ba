import type { Route } from "../route.ts";
import { callRoutes } from "./calls.ts";
import { commandRoutes } from "./commands.ts";
import { energyRoutes } from "./energy.ts";
import { locationRoutes } from "./locations.ts";
import { observeRoutes } from "./observe.ts";
import { sessionRoutes } from "./sessions.ts";
import { stationImportRoutes } from "./station_import.ts";
import { stationRoutes } from "./stations.ts";
import { systemRoutes } from "./system.ts";
import { tokenRoutes } from "./tokens.ts";
import { webhookRoutes } from "./webhooks.ts";

/** Every resource of the platform; one line per file. */
export const routes: readonly Route[] = [
  ...callRoutes,
  ...commandRoutes,
  ...energyRoutes,
  ...locationRoutes,
  ...observeRoutes,
  ...sessionRoutes,
  ...stationImportRoutes,
  ...stationRoutes,
  ...systemRoutes,
  ...tokenRoutes,
  ...webhookRoutes,
];
