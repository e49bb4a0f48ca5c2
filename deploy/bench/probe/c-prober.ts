import { CProcess } from './c-process.ts';
import { EXPECTED, REQUEST } from './exchange.ts';
import { type Prober, windowPatienceMs } from './prober.ts';
import { samplesFrom, type Window } from './window.ts';

const FIELDS = 7;

/** The parent's side of `prober.c`. */
export function openCProber(binary: string, port: number): Prober {
  const process = new CProcess(binary, [String(port), REQUEST, EXPECTED], FIELDS);
  return {
    name: 'c', pid: process.pid,
    async run(window) {
      process.order(orderOf(window));
      return { samples: samplesFrom(await process.doubles(windowPatienceMs(window))), gaps: 0 };
    },
    end: () => process.end(),
  };
}

function orderOf(window: Window): string {
  return window.kind === 'closed'
    ? `closed ${window.inFlight} ${window.totalMs}\n`
    : `open ${window.inFlightMax} ${window.totalMs} ${window.intervalMs} ${window.phasesMs.length} ${window.phasesMs.join(' ')}\n`;
}
