import { testCatalogue } from "#schemas/catalogue_testing.ts";
import { stationMessages16 } from "./mod.ts";

testCatalogue({
  protocol: "ocpp1.6",
  catalogue: stationMessages16,
  folders: [new URL("./", import.meta.url)],
});
