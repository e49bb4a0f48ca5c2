import { percentile, spreadOf, type Spread } from '../statistics.ts';
import type { Measured } from './measure.ts';
import { PROBER_NAMES, type ProberName } from './prober.ts';
import type { Scenario } from './scenarios.ts';
import type { TimeErrors } from './truth.ts';

/** What one round measured in one scenario. */
export type Round = Partial<Record<ProberName, Measured>>;
export type Quantiles = { readonly p50: number; readonly p99: number; readonly samples: number };

export type Row = {
  readonly prober: ProberName;
  readonly checksPerSecond: Spread;
  readonly cpuUsPerCheck: Spread;
  readonly residentMb: Spread;
  readonly targetCores: Spread;
  readonly failed: number;
  readonly gaps: number;
  readonly unmatched: number;
  /** µs, of all rounds together; null where the prober does not tell. */
  readonly connectError: Quantiles | null;
  readonly firstByteError: Quantiles | null;
  readonly totalError: Quantiles | null;
  readonly lateness: Quantiles | null;
  /** What was due was answered in time, in the middle one of the rounds; null in a closed loop. */
  readonly holdsRate: boolean | null;
};

export type ScenarioSummary = {
  readonly name: string;
  readonly rows: readonly Row[];
  /** Of each of Sonde's engines. */
  readonly ratios: readonly Ratios[];
};

export type Ratios = {
  readonly of: ProberName;
  /** Its CPU a check over the other's, round by round. */
  readonly cpu: Readonly<Partial<Record<ProberName, Spread>>>;
  /** Its checks a second over the other's, in a closed loop. */
  readonly rate: Readonly<Partial<Record<ProberName, Spread>>>;
};

/** Below this share of what is due, a rate counts as not held. */
const HELD_SHARE = 0.98;
/** A prober that keeps up with the rate and is always this late has only queued it. */
const HELD_LATENESS_US = 500_000;

export function summarize(scenario: Scenario, rounds: readonly Round[]): ScenarioSummary {
  const of = (name: ProberName): readonly Measured[] => rounds.flatMap((round) => round[name] ?? []);
  const over = (one: ProberName, figure: (measured: Measured) => number): Partial<Record<ProberName, Spread>> => Object.fromEntries(
    PROBER_NAMES.filter((name) => name !== one && of(name).length > 0).map((name) => [name, spreadOf(
      rounds.flatMap(({ [one]: own, [name]: other }) => (own && other ? [figure(own) / figure(other)] : [])),
    )]),
  );
  return {
    name: scenario.name,
    rows: PROBER_NAMES.filter((name) => of(name).length > 0).map((name) => rowOf(name, of(name), scenario.offered)),
    ratios: (['sonde', 'sondeKernel'] as const).filter((name) => of(name).length > 0).map((name) => ({
      of: name,
      cpu: over(name, ({ cpuUsPerCheck }) => cpuUsPerCheck),
      rate: scenario.offered === null ? over(name, ({ checksPerSecond }) => checksPerSecond) : {},
    })),
  };
}

function rowOf(prober: ProberName, measured: readonly Measured[], offered: number | null): Row {
  const spread = (figure: (one: Measured) => number): Spread => spreadOf(measured.map(figure));
  const sum = (figure: (one: Measured) => number): number => measured.reduce((total, one) => total + figure(one), 0);
  const quantiles = (kind: Exclude<keyof TimeErrors, 'unmatched'>): Quantiles | null => quantilesOf(measured.flatMap(({ errors }) => errors[kind]));
  const [checksPerSecond, lateness] = [spread((one) => one.checksPerSecond), quantiles('lateness')];
  return {
    prober, checksPerSecond, lateness,
    cpuUsPerCheck: spread((one) => one.cpuUsPerCheck), residentMb: spread((one) => one.residentMb), targetCores: spread((one) => one.targetCores),
    failed: sum((one) => one.failed), gaps: sum((one) => one.gaps), unmatched: sum((one) => one.errors.unmatched),
    connectError: quantiles('connect'), firstByteError: quantiles('firstByte'), totalError: quantiles('total'),
    holdsRate: offered === null ? null : checksPerSecond.median >= HELD_SHARE * offered && (lateness?.p50 ?? Infinity) < HELD_LATENESS_US,
  };
}

function quantilesOf(values: readonly number[]): Quantiles | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), samples: sorted.length };
}
