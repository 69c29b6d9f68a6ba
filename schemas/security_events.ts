/**
 * Security events that the standards name (OCPP 2.0.1 Part 2, appendix 1; the security whitepaper
 * of 1.6). A type is a free text: others are kept too.
 */
export interface SecurityEventType {
  /** The standard has the station report it at once, and keep it while it is offline. */
  readonly isCritical: boolean;
  /** A person should look: it opens an alert. Boots and updates are critical, and everyday. */
  readonly isAlarming: boolean;
}

const everyday = { isCritical: true, isAlarming: false } as const;
const alarming = { isCritical: true, isAlarming: true } as const;
const attack = { isCritical: false, isAlarming: true } as const;
const noted = { isCritical: false, isAlarming: false } as const;

export const securityEventTypes = new Map<string, SecurityEventType>([
  ["FirmwareUpdated", everyday],
  ["SettingSystemTime", everyday],
  ["StartupOfTheDevice", everyday],
  ["ResetOrReboot", everyday],
  ["SecurityLogWasCleared", alarming],
  ["MemoryExhaustion", alarming],
  ["TamperDetectionActivated", alarming],
  ["MaintenanceLoginAccepted", alarming],
  ["MaintenanceLoginFailed", alarming],
  ["AttemptedReplayAttacks", attack],
  ["InvalidFirmwareSignature", attack],
  ["InvalidFirmwareSigningCertificate", attack],
  // 2.x says Csms and ChargingStation where 1.6 says CentralSystem and ChargePoint.
  ["InvalidCsmsCertificate", attack],
  ["InvalidCentralSystemCertificate", attack],
  ["InvalidChargingStationCertificate", attack],
  ["InvalidChargePointCertificate", attack],
  ["CsmsFailedToAuthenticate", attack],
  ["CentralSystemFailedToAuthenticate", attack],
  ["FailedToAuthenticateAtCsms", noted],
  ["FailedToAuthenticateAtCentralSystem", noted],
  ["ReconfigurationOfSecurityParameters", noted],
  ["InvalidMessages", noted],
  ["InvalidTLSVersion", noted],
  ["InvalidTLSCipherSuite", noted],
  // 2.1.
  ["DiscardedRenewedClientCertificate", noted],
]);

/** Of a type that nobody has heard of nothing is known, so that it alarms nobody. */
export function securityEventType(type: string): SecurityEventType {
  return securityEventTypes.get(type) ?? noted;
}
