import type { Route } from "../route.ts";
import { authorisationSettingsRoutes } from "./authorisation_settings.ts";
import { callRoutes } from "./calls.ts";
import { campaignsRoutes } from "./campaigns.ts";
import { chargingProfilesRoutes } from "./charging_profiles.ts";
import { commandRoutes } from "./commands.ts";
import { customerInformationRoutes } from "./customer_information.ts";
import { dataTransferRoutes } from "./data_transfer.ts";
import { deviceModelRoutes } from "./device_model.ts";
import { diagnosticsRoutes } from "./diagnostics.ts";
import { displayMessagesRoutes } from "./display_messages.ts";
import { energyRoutes } from "./energy.ts";
import { firmwareRoutes } from "./firmware.ts";
import { localListRoutes } from "./local_list.ts";
import { locationRoutes } from "./locations.ts";
import { monitoringRoutes } from "./monitoring.ts";
import { observeRoutes } from "./observe.ts";
import { quirkRoutes } from "./quirks.ts";
import { reservationsRoutes } from "./reservations.ts";
import { securityRoutes } from "./security.ts";
import { sessionRoutes } from "./sessions.ts";
import { stationImportRoutes } from "./station_import.ts";
import { stationRoutes } from "./stations.ts";
import { systemRoutes } from "./system.ts";
import { tokenRoutes } from "./tokens.ts";
import { webhookRoutes } from "./webhooks.ts";

/** Every resource of the platform; one line per file. */
export const routes: readonly Route[] = [
  ...authorisationSettingsRoutes,
  ...callRoutes,
  ...campaignsRoutes,
  ...chargingProfilesRoutes,
  ...commandRoutes,
  ...customerInformationRoutes,
  ...dataTransferRoutes,
  ...deviceModelRoutes,
  ...diagnosticsRoutes,
  ...displayMessagesRoutes,
  ...energyRoutes,
  ...firmwareRoutes,
  ...localListRoutes,
  ...locationRoutes,
  ...monitoringRoutes,
  ...observeRoutes,
  ...quirkRoutes,
  ...reservationsRoutes,
  ...securityRoutes,
  ...sessionRoutes,
  ...stationImportRoutes,
  ...stationRoutes,
  ...systemRoutes,
  ...tokenRoutes,
  ...webhookRoutes,
];
