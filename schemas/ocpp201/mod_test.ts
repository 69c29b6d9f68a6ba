import { testCatalogue } from "#schemas/catalogue_testing.ts";
import { stationMessages201 } from "./mod.ts";

testCatalogue({
  protocol: "ocpp2.0.1",
  catalogue: stationMessages201,
  folders: [new URL("./", import.meta.url)],
});
