/**
 * Setpoints, discharge and limits per phase (OCPP 2.1): situations of the published composite
 * schedule tests of EVerest libocpp (Apache-2.0; v21), each by its name.
 */
import { type ShortProfile, testVectors, type Vector } from "./composite_testing.ts";
import { tx } from "./composite_profiles_testing.ts";

const start = "2024-01-17T18:00:00Z";
const central = { operationMode: "CentralSetpoint" };

function transactionProfile(id: number, stack: number, rest: Partial<ShortProfile>): ShortProfile {
  return { id, stack, purpose: "Tx", unit: "W", start, seconds: 3_000, periods: [], ...rest };
}

/** A station's limits by hours, where the three phases have one, two and three times `step`. */
function hoursByPhases(unit: "A" | "W", step: number): ShortProfile {
  return {
    id: 24,
    purpose: "StationMax",
    unit,
    repeats: "Daily",
    start: "2024-01-17T00:00:00Z",
    seconds: 86_400,
    periods: Array.from({ length: 24 }, (_, hour) => {
      const limit = step * (hour + 1);
      return [hour * 3_600, limit, 3, { limit_L2: 2 * limit, limit_L3: 3 * limit }];
    }),
  };
}

const hours: ShortProfile = {
  ...hoursByPhases("A", 10),
  periods: Array.from({ length: 24 }, (_, hour) => [hour * 3_600, 10 * (hour + 1), 1]),
};

const about = {
  evseId: 1,
  transactions: tx,
  from: start,
  to: "2024-01-17T21:00:00Z",
  assume: false,
} as const;

function each(limit: number): { limit_L2: number; limit_L3: number } {
  return { limit_L2: limit, limit_L3: limit };
}

function allThree(amount: number, discharge: number): Record<string, number> {
  return {
    ...each(amount),
    dischargeLimit: discharge,
    dischargeLimit_L2: discharge,
    dischargeLimit_L3: discharge,
    setpoint: amount,
    setpoint_L2: amount,
    setpoint_L3: amount,
  };
}

const setpoints: readonly Vector[] = [
  {
    name: "setpoint_tx_profile",
    ...about,
    to: "2024-01-18T06:00:00Z",
    unit: "W",
    profiles: [
      [
        1,
        transactionProfile(1, 1, {
          seconds: 1_080,
          periods: [[0, 1_500, 1, { ...central, dischargeLimit: -2_000, setpoint: 1_800 }]],
        }),
      ],
      [
        1,
        transactionProfile(100, 0, {
          repeats: "Daily",
          start: "2023-01-17T18:00:00Z",
          seconds: 86_400,
          periods: [
            [0, 11_000, 1, { ...central, dischargeLimit: -10_000, setpoint: -8_000 }],
            [14_000, 6_000, 1, { ...central, dischargeLimit: -5_000, setpoint: -6_000 }],
            [28_000, 15_000, 1, { ...central, setpoint: -4_000 }],
          ],
        }),
      ],
    ],
    expected: [
      [0, 1_500, 1, { dischargeLimit: -2_000, setpoint: 1_500 }],
      [1_080, 11_000, 1, { dischargeLimit: -10_000, setpoint: -8_000 }],
      [14_000, 6_000, 1, { dischargeLimit: -5_000, setpoint: -5_000 }],
      [28_000, 15_000, 1, { setpoint: -4_000 }],
    ],
  },
  {
    name: "V2MaxOverridesHigherLimits",
    ...about,
    from: "2024-01-17T00:00:00Z",
    to: "2024-01-17T04:00:00Z",
    unit: "A",
    profiles: [
      [0, hours],
      [
        1,
        transactionProfile(2_000, 0, {
          unit: "A",
          start: "2024-01-17T00:00:00Z",
          seconds: 14_400,
          periods: [
            [0, undefined, 3, { ...central, dischargeLimit: -23, setpoint: 25 }],
            [7_200, undefined, 3, { ...central, setpoint: 28 }],
          ],
        }),
      ],
    ],
    expected: [
      [0, 10, 1, { dischargeLimit: -23, setpoint: 10 }],
      [3_600, 20, 1, { dischargeLimit: -23, setpoint: 20 }],
      [7_200, 30, 1, { setpoint: 28 }],
      [10_800, 40, 1, { setpoint: 28 }],
    ],
  },
];

const stackProfiles: Vector["profiles"] = [
  [1, {
    id: 10,
    purpose: "TxDefault",
    stack: 1,
    unit: "W",
    repeats: "Daily",
    start: "2020-01-09T17:00:00",
    seconds: 10_800,
    periods: [[0, 2_000]],
  }],
  [1, {
    id: 11,
    purpose: "TxDefault",
    stack: 2,
    unit: "W",
    repeats: "Weekly",
    start: "2020-01-05T00:00:00",
    seconds: 86_400,
    periods: [[0, 999_999]],
  }],
  [1, {
    id: 12,
    purpose: "TxDefault",
    stack: 3,
    unit: "W",
    start: "2020-12-25T00:00:00",
    seconds: 86_400,
    valid: ["2020-01-01T00:00:00", "2021-01-01T00:00:00"],
    periods: [[0, 999_999]],
  }],
];

const peak: Vector["expected"] = [[0, 55_612, null], [3_600, 2_000, 3], [14_400, 55_612, null]];

const stacks: readonly Vector[] = ([
  ["V2StackLevel_Recurring_Period_TimeOfDay", "2025-03-24", peak],
  ["V2StackLevel_Recurring_Period_TimeOfDay_Excluded_Weekly", "2025-03-23", [[0, 999_999, 3]]],
  ["V2StackLevel_Recurring_Period_TimeOfDay_NotExcluded_ChristmasOtherYear", "2025-12-25", peak],
  ["V2StackLevel_Recurring_Period_TimeOfDay_Excluded_Christmas", "2020-12-25", [[0, 999_999, 3]]],
] as const).map(([name, day, expected]) => ({
  ...about,
  name,
  profiles: stackProfiles,
  from: `${day}T16:00:00Z`,
  to: `${day}T21:00:00Z`,
  unit: "W",
  expected,
}));

/** Lower stacks and defaults, which must not come through. */
const shadowed: Vector["profiles"] = [50, 60, 70].map((limit, index) => [1, {
  id: index + 1,
  stack: index,
  purpose: "TxDefault",
  unit: "W",
  start,
  seconds: [500, 600, 660][index] ?? 0,
  periods: [[0, limit, 3, { ...central, dischargeLimit: -limit, setpoint: limit }]],
}]);

const phaseLimits: Vector["profiles"] = [
  [0, hours],
  [
    1,
    transactionProfile(4, 0, {
      unit: "A",
      periods: [[0, 180, 3, {
        ...central,
        limit_L2: 170,
        limit_L3: 160,
        dischargeLimit: -900,
        setpoint: 1_800,
        setpoint_L2: 900,
        setpoint_L3: 950,
      }]],
    }),
  ],
];

const phases: readonly Vector[] = [
  {
    name: "V2ChargingRateUnitCombine",
    ...about,
    unit: "W",
    profiles: [
      [0, hoursByPhases("A", 10)],
      ...shadowed,
      [
        1,
        transactionProfile(4, 0, {
          periods: [[0, 1_200, 3, {
            ...central,
            dischargeLimit: -900,
            setpoint: 1_800,
            setpoint_L2: 900,
            setpoint_L3: 950,
          }]],
        }),
      ],
      [
        1,
        transactionProfile(5, 1, {
          seconds: 2_400,
          periods: [[0, 1_500, 3, { ...central, dischargeLimit: -3_000, setpoint: 1_800 }]],
        }),
      ],
    ],
    expected: [
      [0, 500, 3, allThree(500, -1_000)],
      [2_400, 400, 3, allThree(400, -300)],
      [3_000, 43_700, 3, { limit_L2: 87_400, limit_L3: 131_100 }],
      [3_600, 46_000, 3, { limit_L2: 92_000, limit_L3: 138_000 }],
      [7_200, 48_300, 3, { limit_L2: 96_600, limit_L3: 144_900 }],
    ],
  },
  {
    name: "V2Different_Number_Phases",
    ...about,
    unit: "A",
    profiles: phaseLimits,
    expected: [
      [0, 160, 1, { dischargeLimit: -900, setpoint: 160 }],
      [3_000, 190, 1, {}],
      [3_600, 200, 1, {}],
      [7_200, 210, 1, {}],
    ],
  },
  {
    name: "V2Different_Number_Phases_W",
    ...about,
    unit: "W",
    profiles: phaseLimits,
    expected: [
      [0, 36_800, 1, { dischargeLimit: -207_000, setpoint: 36_800 }],
      [3_000, 43_700, 1, {}],
      [3_600, 46_000, 1, {}],
      [7_200, 48_300, 1, {}],
    ],
  },
  {
    name: "V21NoLimitSpecified",
    ...about,
    unit: "A",
    profiles: [[
      1,
      transactionProfile(44, 0, {
        unit: "A",
        periods: [[0, undefined, 3, { operationMode: "ChargingOnly" }]],
      }),
    ]],
    expected: [[0, 57, null]],
  },
];

const threePhases: Pick<Vector, "profiles" | "evseId" | "unit" | "from"> = {
  evseId: 1,
  unit: "W",
  from: start,
  profiles: [
    [0, hoursByPhases("W", 10_000)],
    [0, {
      id: 25,
      purpose: "TxDefault",
      unit: "W",
      seconds: 3_600,
      periods: [
        [0, 12_420, undefined, { limit_L2: 12_430, limit_L3: 12_440 }],
        [300, 8_280, undefined, { limit_L2: 8_290, limit_L3: 8_300 }],
        [600, 6_210],
        [900, 4_140],
        [1_200, 2_070],
      ],
    }],
  ],
};

const stationWide: readonly Vector[] = [
  {
    ...threePhases,
    name: "V21DifferentNumberPhases_StationWide",
    to: "2024-01-17T21:00:00Z",
    expected: [
      [0, 12_420, 3, { limit_L2: 12_430, limit_L3: 12_440 }],
      [300, 8_280, 3, { limit_L2: 8_290, limit_L3: 8_300 }],
      [600, 2_070, 3, each(2_070)],
      [900, 1_380, 3, each(1_380)],
      [1_200, 690, 3, each(690)],
      [3_600, 200_000, 3, { limit_L2: 400_000, limit_L3: 600_000 }],
      [7_200, 210_000, 3, { limit_L2: 420_000, limit_L3: 630_000 }],
    ],
  },
  ...([1, 0, -1] as const).map((seconds): Vector => ({
    ...threePhases,
    name: `ZeroDuration: ${seconds}`,
    from: seconds < 0 ? "2024-01-17T18:00:01Z" : start,
    to: seconds > 0 ? "2024-01-17T18:00:01Z" : start,
    expected: [[0, 12_420, 3, { limit_L2: 12_430, limit_L3: 12_440 }]],
  })),
];

testVectors([...setpoints, ...stacks, ...phases, ...stationWide]);
