/** The metrics of Checkly's analytics for TCP checks, by name, from a tally and sketches. Times in ms. */
import type { Phase } from './phases.ts';
import type { Sketch, Sketches } from './sketch.ts';
import { availability, due, judged, maintenance, reachability, retries, unseen, unseenMinutes, type Tally } from './tally.ts';

/** Checkly's names of times, and the phases they are. */
const TIMES = { total: 'total', dns: 'dns', connection: 'connection', data: 'transfer', tls: 'tls', firstByte: 'firstByte' } as const satisfies Record<string, Phase>;
type Time = keyof typeof TIMES;
const AGGREGATIONS = ['avg', 'max', 'median', 'min', 'p50', 'p90', 'p95', 'p99', 'stddev', 'sum'] as const;
type Aggregation = (typeof AGGREGATIONS)[number];

/** Of single results. */
export const RAW_METRICS = Object.keys(TIMES) as readonly Time[];
/** Runs that are neither up nor down, told apart. */
const NEITHER = ['noData', 'impaired', 'maintenance'] as const;
const RATIOS = ['availability', 'reachability', 'retries', ...NEITHER, 'unseenMinutes'] as const;
export const METRICS: readonly string[] = [...RATIOS, ...RAW_METRICS, ...RAW_METRICS.flatMap((time) => AGGREGATIONS.map((aggregation) => `${time}_${aggregation}`))];

export const UNITS = ['percentage', 'milliseconds', 'count', 'minutes'] as const;
export type MetricFacts = { readonly label: string; readonly unit: (typeof UNITS)[number]; readonly aggregation: string | null };

export function factsOf(metric: string): MetricFacts {
  switch (metric) {
    case 'availability': return { label: 'Availability', unit: 'percentage', aggregation: null };
    case 'reachability': return { label: 'Reachability', unit: 'percentage', aggregation: null };
    case 'retries': return { label: 'Retries', unit: 'count', aggregation: 'sum' };
    case 'noData': return { label: 'No data', unit: 'count', aggregation: 'sum' };
    case 'impaired': return { label: 'Impaired', unit: 'count', aggregation: 'sum' };
    case 'maintenance': return { label: 'Maintenance', unit: 'count', aggregation: 'sum' };
    case 'unseenMinutes': return { label: 'Unseen', unit: 'minutes', aggregation: 'sum' };
    default: {
      const [time = '', aggregation = null] = metric.split('_');
      return { label: aggregation === null ? time : `${time} ${aggregation}`, unit: 'milliseconds', aggregation };
    }
  }
}

export function isRaw(metric: string): boolean {
  return RAW_METRICS.some((time) => time === metric);
}

export type Measures = {
  readonly tally: Tally;
  readonly sketches: Sketches;
  /** How many times there are, zeros included. */
  readonly timed: number;
  /** The time that one due run stands for. */
  readonly coversMs: number;
};

/** null: nothing to tell it from. */
export function metricOf(metric: string, { tally, sketches, timed, coversMs }: Measures): number | null {
  switch (metric) {
    case 'availability': return percent(availability(tally));
    case 'reachability': return percent(reachability(tally));
    case 'retries': return judged(tally) + tally.agentFaults === 0 ? null : retries(tally);
    case 'noData': return due(tally) === 0 ? null : unseen(tally) - tally.impaired;
    case 'impaired': return due(tally) === 0 ? null : tally.impaired;
    case 'maintenance': return due(tally) === 0 ? null : maintenance(tally);
    case 'unseenMinutes': return due(tally) === 0 ? null : unseenMinutes(tally, coversMs);
    default: {
      const [time, aggregation] = metric.split('_') as [Time, Aggregation];
      return timed === 0 ? null : aggregated(sketches.get(TIMES[time]), aggregation, timed);
    }
  }
}

function percent(ratio: number | null): number | null {
  return ratio === null ? null : Math.round(ratio * 1e6) / 1e4;
}

function aggregated(sketch: Sketch | undefined, aggregation: Aggregation, of: number): number {
  if (!sketch) return 0;
  switch (aggregation) {
    case 'avg': return ms(sketch.sumUs / of);
    case 'sum': return ms(sketch.sumUs);
    case 'max': return ms(sketch.mostUs);
    case 'min': return of > sketch.count ? 0 : ms(sketch.leastUs);
    case 'stddev': return ms(Math.sqrt(Math.max(0, sketch.sumOfSquares / of - (sketch.sumUs / of) ** 2)));
    case 'median': case 'p50': return ms(sketch.quantileUs(0.5, of) ?? 0);
    case 'p90': return ms(sketch.quantileUs(0.9, of) ?? 0);
    case 'p95': return ms(sketch.quantileUs(0.95, of) ?? 0);
    case 'p99': return ms(sketch.quantileUs(0.99, of) ?? 0);
  }
}

function ms(us: number): number {
  return Math.round(us) / 1000;
}
