import { phaseMs } from '#shared/schedule/cadence.ts';
import type { Window } from './window.ts';

export type Scenario = {
  readonly name: string;
  /** Checks a second that are due; null in a closed loop. */
  readonly offered: number | null;
  readonly window: Window;
  readonly warmMs: number;
  readonly measureMs: number;
  /** The agent with disk and metrics takes as long again; it is measured where the goals are. */
  readonly withWhole: boolean;
  /** Something else takes a core for as long as it is measured. */
  readonly isBusy: boolean;
};

const IN_FLIGHT = [1, 64, 1_024] as const;
const RATES = [100, 1_000, 3_000] as const;
/** All due at one instant. */
const BURST = 500;
/** Far shorter than any real check's, so that each check has run before the measuring begins. */
const INTERVAL_MS = 1_000;
/** The agent's default is 1,000 (SONDE_AGENT_CONCURRENCY). */
const OPEN_IN_FLIGHT_MAX = 1_000;
/** The window goes on a little, so that its end is not measured. */
const TAIL_MS = 100;

export function scenarios(isQuick: boolean): readonly Scenario[] {
  const closed = (inFlight: number) => {
    // With a thousand in flight blackbox_exporter takes half a second for one, and the first are not measured.
    if (inFlight > 1_000) return isQuick ? { warmMs: 500, measureMs: 600 } : { warmMs: 900, measureMs: 1_200 };
    return isQuick ? { warmMs: 200, measureMs: 500 } : { warmMs: 300, measureMs: 1_000 };
  };
  // Whole intervals, so that the same number is due for every prober.
  const open = { warmMs: INTERVAL_MS + 50, measureMs: isQuick ? INTERVAL_MS : 2 * INTERVAL_MS };
  return [
    ...IN_FLIGHT.map((inFlight): Scenario => ({
      name: `${inFlight.toLocaleString('en-US')} in flight`, offered: null, ...closed(inFlight), withWhole: inFlight === 64, isBusy: false,
      window: { kind: 'closed', inFlight, totalMs: closed(inFlight).warmMs + closed(inFlight).measureMs + TAIL_MS },
    })),
    ...RATES.flatMap((rate) => (rate === 1_000 ? [false, true] : [false]).map((isBusy): Scenario => ({
      name: `${rate.toLocaleString('en-US')} checks/s${isBusy ? ', a core kept busy' : ''}`, offered: rate, ...open, withWhole: rate === 1_000 && !isBusy, isBusy,
      window: {
        kind: 'open', inFlightMax: OPEN_IN_FLIGHT_MAX, totalMs: open.warmMs + open.measureMs + TAIL_MS,
        intervalMs: INTERVAL_MS, phasesMs: phases(rate),
      },
    }))),
    {
      name: `${BURST} at one instant, once a second`, offered: BURST, ...open, withWhole: false, isBusy: false,
      window: { kind: 'open', inFlightMax: OPEN_IN_FLIGHT_MAX, totalMs: open.warmMs + open.measureMs + TAIL_MS, intervalMs: INTERVAL_MS, phasesMs: Array.from({ length: BURST }, () => 500) },
    },
  ];
}

/** What a prober does before anything is measured: a process that runs for weeks is not measured while its code is being compiled. */
export function warmUp(isQuick: boolean): Window {
  return { kind: 'closed', inFlight: 64, totalMs: isQuick ? 1_500 : 10_000 };
}

/** As they fall with real checks: hashed, so in small bursts, and the same for every prober. */
function phases(count: number): readonly number[] {
  return Array.from({ length: count }, (_, check) => phaseMs(`check ${check}`, INTERVAL_MS));
}
