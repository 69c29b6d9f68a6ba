/**
 * What stations of certain builds do otherwise than the standard says, and what is done about it.
 * What is borne from every station stands in `schemas/ocpp_tolerance.ts` and where its entry says.
 */
import type { OcppProtocol } from "#schemas/events/gateway.ts";

/** Vendor, model and firmware as the boot tells them. */
export interface Build {
  readonly vendor: string;
  readonly model: string;
  readonly firmwareVersion: string | null;
}

/** Regular expressions, compared without case; what is absent fits everything. */
export interface BuildPattern {
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
}

/** A field of a closed list, with what a station writes instead. */
export interface ListField {
  readonly action: string;
  readonly field: string;
  /** Other words for members of the list; other case of a member is taken without being named. */
  readonly words: Readonly<Record<string, string>>;
}

export type QuirkEffect =
  /** Energy is sent in kilowatt-hours and called watt-hours, or the other way round. */
  | { readonly kind: "energy-unit"; readonly said: "Wh" | "kWh"; readonly meant: "kWh" | "Wh" }
  /** Numbers where texts belong, or texts of digits where numbers do. */
  | { readonly kind: "number-or-text" }
  /** One object where a list of them belongs. */
  | { readonly kind: "object-for-list" }
  | { readonly kind: "closed-list"; readonly fields: readonly ListField[] }
  /** Blanks, zeros of C or other control characters around the number of a card. */
  | { readonly kind: "tag-padding" }
  /** Times that are required and missing, or empty: the time of receipt stands for them. */
  | { readonly kind: "missing-time" }
  /** How 1.6 takes a new password; 40 hex digits unless said otherwise. */
  | { readonly kind: "authorization-key"; readonly form: "text" }
  /** Charging profiles that it refuses although the standard has them. */
  | {
    readonly kind: "profiles";
    readonly refusedPurposes?: readonly string[];
    readonly refusedUnits?: readonly ("A" | "W")[];
    /** It takes no stack level above this. */
    readonly stackLevelMax?: number;
  }
  /** Nothing can be done about it: an operator should know. */
  | { readonly kind: "advice" }
  /** Borne from every station; `where` is the file that does. */
  | { readonly kind: "borne"; readonly where: string };

export interface Quirk {
  readonly id: string;
  /** Which builds have it; null = every station, or those for which an operator has said so. */
  readonly builds: readonly BuildPattern[] | null;
  readonly protocols?: readonly OcppProtocol[];
  readonly effect: QuirkEffect;
  /** What the station does. */
  readonly summary: string;
  /** What the platform does about it. */
  readonly remedy: string;
  /** Where it was reported. */
  readonly sources: readonly string[];
}
