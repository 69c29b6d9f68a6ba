/** The settings of the virtual charger: OCPP 1.6J, 9; OCPP 2.0.1 Part 2, appendix 3. */
import { instantText } from "../dialect.ts";
import type { Setting } from "./settings.ts";

type Place = Setting["at"];
type More = Partial<Setting>;

function row(
  type: Setting["type"],
  name: string,
  factory: Setting["factory"],
  more: More = {},
): Setting {
  return { name, factory, type, access: "ReadWrite", key16: name, at: null, ...more };
}

const at = (component: string, variable: string, instance?: string): { readonly at: Place } => ({
  at: instance === undefined ? [component, variable] : [component, variable, instance],
});
const only2x = { key16: null } as const;
const fixed = { access: "ReadOnly" } as const;
const seconds = { unit: "s" } as const;

const measurands = [
  "Energy.Active.Import.Register",
  "Power.Active.Import",
  "Current.Import",
  "Voltage",
  "SoC",
] as const;
const measured = "Energy.Active.Import.Register,Power.Active.Import,SoC";
const points = ["ParkingBayOccupancy", "EVConnected", "Authorized", "PowerPathClosed"] as const;

const authorisation: readonly Setting[] = [
  row("boolean", "AuthorizeRemoteTxRequests", "false", at("AuthCtrlr", "AuthorizeRemoteStart")),
  row("boolean", "LocalPreAuthorize", "false", at("AuthCtrlr", "LocalPreAuthorize")),
  row("boolean", "LocalAuthorizeOffline", "true", at("AuthCtrlr", "LocalAuthorizeOffline")),
  row(
    "boolean",
    "AllowOfflineTxForUnknownId",
    "true",
    at("AuthCtrlr", "OfflineTxForUnknownIdEnabled"),
  ),
  row("boolean", "AuthEnabled", "true", { ...only2x, ...at("AuthCtrlr", "Enabled") }),
  row("boolean", "AuthorizationCacheEnabled", "true", at("AuthCacheCtrlr", "Enabled")),
  row("integer", "AuthCacheLifeTime", "86400", {
    ...only2x,
    ...seconds,
    ...at("AuthCacheCtrlr", "LifeTime"),
  }),
  row("boolean", "LocalAuthListEnabled", "true", at("LocalAuthListCtrlr", "Enabled")),
  row("integer", "LocalAuthListMaxLength", "500", {
    ...fixed,
    ...at("LocalAuthListCtrlr", "Storage"),
  }),
  row("integer", "SendLocalListMaxLength", "50", {
    ...fixed,
    ...at("LocalAuthListCtrlr", "ItemsPerMessage"),
  }),
  row("integer", "LocalAuthListBytesPerMessage", "65000", {
    ...fixed,
    ...only2x,
    ...at("LocalAuthListCtrlr", "BytesPerMessage"),
  }),
];

const communication: readonly Setting[] = [
  row("integer", "HeartbeatInterval", (station) => String(station.link.heartbeatSeconds), {
    ...seconds,
    min: 1,
    ...at("OCPPCommCtrlr", "HeartbeatInterval"),
  }),
  row("integer", "WebSocketPingInterval", "0", {
    ...seconds,
    ...at("OCPPCommCtrlr", "WebSocketPingInterval"),
  }),
  row("integer", "ResetRetries", "3", at("OCPPCommCtrlr", "ResetRetries")),
  row(
    "integer",
    "TransactionMessageAttempts",
    "5",
    at("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"),
  ),
  row("integer", "TransactionMessageRetryInterval", "10", {
    ...seconds,
    ...at("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"),
  }),
  row("boolean", "UnlockConnectorOnEVSideDisconnect", "true", {
    ...at("OCPPCommCtrlr", "UnlockOnEVSideDisconnect"),
  }),
  row("integer", "MessageTimeout", "30", {
    ...only2x,
    ...fixed,
    ...seconds,
    ...at("OCPPCommCtrlr", "MessageTimeout", "Default"),
  }),
  row("integer", "OfflineThreshold", "60", {
    ...only2x,
    ...seconds,
    ...at("OCPPCommCtrlr", "OfflineThreshold"),
  }),
  row("SequenceList", "NetworkConfigurationPriority", "0", {
    ...only2x,
    needsReboot: true,
    ...at("OCPPCommCtrlr", "NetworkConfigurationPriority"),
  }),
  row("integer", "NetworkProfileConnectionAttempts", "3", {
    ...only2x,
    ...at("OCPPCommCtrlr", "NetworkProfileConnectionAttempts"),
  }),
  row("integer", "ActiveNetworkProfile", "0", {
    ...only2x,
    ...fixed,
    ...at("OCPPCommCtrlr", "ActiveNetworkProfile"),
  }),
  row("MemberList", "FileTransferProtocols", "HTTP,HTTPS,FTP", {
    ...only2x,
    ...fixed,
    ...at("OCPPCommCtrlr", "FileTransferProtocols"),
  }),
  row("integer", "RetryBackOffWaitMinimum", "1", {
    ...only2x,
    ...seconds,
    ...at("OCPPCommCtrlr", "RetryBackOffWaitMinimum"),
  }),
  row("integer", "RetryBackOffRepeatTimes", "5", {
    ...only2x,
    ...at("OCPPCommCtrlr", "RetryBackOffRepeatTimes"),
  }),
  row("integer", "RetryBackOffRandomRange", "1", {
    ...only2x,
    ...seconds,
    ...at("OCPPCommCtrlr", "RetryBackOffRandomRange"),
  }),
  row("string", "DateTime", (station) => instantText(station.now()), {
    ...only2x,
    ...fixed,
    ...at("ClockCtrlr", "DateTime"),
  }),
  row("SequenceList", "TimeSource", "Heartbeat", {
    ...only2x,
    values: ["Heartbeat", "NTP", "RealTimeClock"],
    ...at("ClockCtrlr", "TimeSource"),
  }),
  row("string", "TimeZone", "Europe/Amsterdam", { ...only2x, ...at("ClockCtrlr", "TimeZone") }),
];

const security: readonly Setting[] = [
  row("string", "AuthorizationKey", "", { access: "WriteOnly", min: 16, max: 40 }),
  row("string", "BasicAuthPassword", "", {
    ...only2x,
    access: "WriteOnly",
    min: 16,
    max: 40,
    ...at("SecurityCtrlr", "BasicAuthPassword"),
  }),
  row("integer", "SecurityProfile", ({ link }) => link.hasPassword ? "1" : "0", {
    ...fixed,
    max: 3,
    ...at("SecurityCtrlr", "SecurityProfile"),
  }),
  row("string", "Identity", (station) => station.charger.identity, {
    ...only2x,
    ...fixed,
    ...at("SecurityCtrlr", "Identity"),
  }),
  row("string", "CpoName", "Statewatt", at("SecurityCtrlr", "OrganizationName")),
  row("boolean", "AdditionalRootCertificateCheck", "false", {
    ...fixed,
    ...at("SecurityCtrlr", "AdditionalRootCertificateCheck"),
  }),
];

const charging: readonly Setting[] = [
  row("integer", "ConnectionTimeOut", "60", {
    ...seconds,
    min: 1,
    ...at("TxCtrlr", "EVConnectionTimeOut"),
  }),
  row("boolean", "StopTransactionOnEVSideDisconnect", "true", {
    ...at("TxCtrlr", "StopTxOnEVSideDisconnect"),
  }),
  row("boolean", "StopTransactionOnInvalidId", "true", at("TxCtrlr", "StopTxOnInvalidId")),
  row("integer", "MaxEnergyOnInvalidId", "0", {
    unit: "Wh",
    ...at("TxCtrlr", "MaxEnergyOnInvalidId"),
  }),
  row("MemberList", "TxStartPoint", "PowerPathClosed", {
    ...only2x,
    ...fixed,
    values: points,
    ...at("TxCtrlr", "TxStartPoint"),
  }),
  row("MemberList", "TxStopPoint", "Authorized,EVConnected", {
    ...only2x,
    ...fixed,
    values: points,
    ...at("TxCtrlr", "TxStopPoint"),
  }),
  row("integer", "MeterValueSampleInterval", (station) => String(station.charger.meterSeconds), {
    ...seconds,
    min: 1,
    ...at("SampledDataCtrlr", "TxUpdatedInterval"),
  }),
  row("MemberList", "MeterValuesSampledData", measured, {
    values: measurands,
    ...at("SampledDataCtrlr", "TxUpdatedMeasurands"),
  }),
  row("MemberList", "StopTxnSampledData", "", {
    values: measurands,
    ...at("SampledDataCtrlr", "TxEndedMeasurands"),
  }),
  row("integer", "TxEndedInterval", "0", {
    ...only2x,
    ...seconds,
    ...at("SampledDataCtrlr", "TxEndedInterval"),
  }),
  row("integer", "ClockAlignedDataInterval", "0", {
    ...seconds,
    ...at("AlignedDataCtrlr", "Interval"),
  }),
  row("MemberList", "MeterValuesAlignedData", measured, {
    values: measurands,
    ...at("AlignedDataCtrlr", "Measurands"),
  }),
  row("MemberList", "StopTxnAlignedData", "", {
    values: measurands,
    ...at("AlignedDataCtrlr", "TxEndedMeasurands"),
  }),
  row("boolean", "ReservationEnabled", "true", {
    ...only2x,
    ...at("ReservationCtrlr", "Enabled"),
  }),
  row("boolean", "ReserveConnectorZeroSupported", "true", {
    ...fixed,
    ...at("ReservationCtrlr", "NonEvseSpecific"),
  }),
  row("boolean", "SmartChargingEnabled", "true", {
    ...only2x,
    ...at("SmartChargingCtrlr", "Enabled"),
  }),
  row("integer", "ChargeProfileMaxStackLevel", "10", {
    ...fixed,
    ...at("SmartChargingCtrlr", "ProfileStackLevel"),
  }),
  row("integer", "ChargingScheduleMaxPeriods", "24", {
    ...fixed,
    ...at("SmartChargingCtrlr", "PeriodsPerSchedule"),
  }),
  row("integer", "MaxChargingProfilesInstalled", "20", {
    ...fixed,
    ...at("SmartChargingCtrlr", "Entries", "ChargingProfiles"),
  }),
  row("MemberList", "ChargingScheduleAllowedChargingRateUnit", "Current,Power", fixed),
  row("MemberList", "RateUnit", "A,W", {
    ...only2x,
    ...fixed,
    ...at("SmartChargingCtrlr", "RateUnit"),
  }),
  row("boolean", "ConnectorSwitch3to1PhaseSupported", "false", {
    ...fixed,
    ...at("SmartChargingCtrlr", "Phases3to1"),
  }),
];

const only16: readonly Setting[] = [
  row("integer", "BlinkRepeat", "3"),
  row("integer", "LightIntensity", "80", { unit: "Percent", max: 100 }),
  row("integer", "MinimumStatusDuration", "0", seconds),
  row("string", "ConnectorPhaseRotation", "0.RST,1.RST,2.RST"),
  row("integer", "GetConfigurationMaxKeys", "100", fixed),
  row("integer", "NumberOfConnectors", (station) => String(station.charger.outlets.length), fixed),
  row(
    "MemberList",
    "SupportedFeatureProfiles",
    "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger",
    fixed,
  ),
  // A vendor's own key, as every charger has some.
  row("string", "DisplayWelcome", "Welcome", { needsReboot: true, max: 100 }),
];

const display: readonly Setting[] = [
  row("boolean", "DisplayEnabled", "true", {
    ...only2x,
    ...fixed,
    ...at("DisplayMessageCtrlr", "Enabled"),
  }),
  row("integer", "DisplayMessagesMax", "20", {
    ...only2x,
    ...fixed,
    ...at("DisplayMessageCtrlr", "NumberOfDisplayMessages"),
  }),
  row("MemberList", "DisplayFormats", "ASCII,UTF8,URI", {
    ...only2x,
    ...fixed,
    ...at("DisplayMessageCtrlr", "SupportedFormats"),
  }),
  row("MemberList", "DisplayPriorities", "AlwaysFront,InFront,NormalCycle", {
    ...only2x,
    ...fixed,
    ...at("DisplayMessageCtrlr", "SupportedPriorities"),
  }),
  row("MemberList", "DisplayStates", "Charging,Faulted,Idle,Unavailable", {
    ...only2x,
    ...fixed,
    ...at("DisplayMessageCtrlr", "SupportedStates"),
  }),
  row("string", "Currency", "EUR", { ...only2x, max: 3, ...at("TariffCostCtrlr", "Currency") }),
  row("boolean", "CostEnabled", "true", {
    ...only2x,
    ...at("TariffCostCtrlr", "Enabled", "Cost"),
  }),
  row("string", "TariffFallbackMessage", "See the app", {
    ...only2x,
    max: 255,
    ...at("TariffCostCtrlr", "TariffFallbackMessage"),
  }),
  row("string", "TotalCostFallbackMessage", "Shown in the app", {
    ...only2x,
    max: 255,
    ...at("TariffCostCtrlr", "TotalCostFallbackMessage"),
  }),
];

const limit = (name: string, value: string, place: Place): Setting =>
  row("integer", name, value, { ...only2x, ...fixed, at: place });

const messages: readonly Setting[] = [
  limit("ItemsPerGetReport", "20", ["DeviceDataCtrlr", "ItemsPerMessage", "GetReport"]),
  limit("ItemsPerGetVariables", "20", ["DeviceDataCtrlr", "ItemsPerMessage", "GetVariables"]),
  limit("ItemsPerSetVariables", "20", ["DeviceDataCtrlr", "ItemsPerMessage", "SetVariables"]),
  limit("BytesPerGetReport", "65000", ["DeviceDataCtrlr", "BytesPerMessage", "GetReport"]),
  limit("BytesPerGetVariables", "65000", ["DeviceDataCtrlr", "BytesPerMessage", "GetVariables"]),
  limit("BytesPerSetVariables", "65000", ["DeviceDataCtrlr", "BytesPerMessage", "SetVariables"]),
  limit("ReportingValueSize", "1000", ["DeviceDataCtrlr", "ReportingValueSize"]),
  limit("ConfigurationValueSize", "1000", ["DeviceDataCtrlr", "ConfigurationValueSize"]),
  row("boolean", "MonitoringEnabled", "true", {
    ...only2x,
    ...at("MonitoringCtrlr", "Enabled"),
  }),
  row("OptionList", "ActiveMonitoringBase", "All", {
    ...only2x,
    ...fixed,
    values: ["All", "FactoryDefault", "HardWiredOnly"],
    ...at("MonitoringCtrlr", "ActiveMonitoringBase"),
  }),
  limit("ActiveMonitoringLevel", "9", ["MonitoringCtrlr", "ActiveMonitoringLevel"]),
  limit("ItemsPerSetMonitoring", "10", [
    "MonitoringCtrlr",
    "ItemsPerMessage",
    "SetVariableMonitoring",
  ]),
  limit("ItemsPerClearMonitoring", "10", [
    "MonitoringCtrlr",
    "ItemsPerMessage",
    "ClearVariableMonitoring",
  ]),
];

export const settingRows: readonly Setting[] = [
  ...authorisation,
  ...communication,
  ...security,
  ...charging,
  ...display,
  ...messages,
  ...only16,
];
