import { testCatalogue } from "#schemas/catalogue_testing.ts";
import { stationMessages21 } from "./mod.ts";

testCatalogue({
  protocol: "ocpp2.1",
  catalogue: stationMessages21,
  folders: [new URL("../ocpp201/", import.meta.url), new URL("./", import.meta.url)],
});
