import { storeContract } from "../ports/store_contract.ts";
import { SimStore } from "./sim_store.ts";

storeContract("SimStore", () => {
  const store = new SimStore(8);
  return Promise.resolve({ store, close: () => store.close() });
});
