/** Block P: data of vendors (OCPP 2.0.1 Part 2, P01 and P02). */
import { conformanceCase } from "../conformance_case.ts";

conformanceCase(
  { version: "2.0.1", id: "TC_P_02", in: ["schemas/ocpp201/data_transfer.ts"] },
  async (c) => {
    const station = await c.newStation();

    const answer = await station.call("DataTransfer", {
      vendorId: "net.example.nobody",
      messageId: "unheardOf",
      data: { any: "thing" },
    });

    c.match("data of an unknown vendor is not accepted", answer, {
      status: /^(UnknownVendorId|UnknownMessageId|Rejected)$/,
    });
    await c.operate(
      station,
      "DataTransfer",
      { vendorId: "net.example.nobody", messageId: "unheardOf" },
      { status: "UnknownVendorId" },
    );
  },
);
