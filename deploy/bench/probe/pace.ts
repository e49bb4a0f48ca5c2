import { monotonicUs, type Window } from './window.ts';

/** Starts one check; calls `done` once when it is over. */
export type StartOne = (check: number, dueUs: number, done: () => void) => void;

/** Drives the probers that have no timetable of their own. Resolves when all that were started are over. */
export function pace(window: Window, start: StartOne): Promise<void> {
  return window.kind === 'closed' ? keepUnderWay(window, start) : followPhases(window, start);
}

function keepUnderWay({ inFlight, totalMs }: Window & { kind: 'closed' }, start: StartOne): Promise<void> {
  const untilUs = monotonicUs() + totalMs * 1000;
  return new Promise((resolve) => {
    let running = inFlight;
    const again = (check: number): void => {
      if (monotonicUs() < untilUs) return start(check, NaN, () => again(check));
      running -= 1;
      if (running === 0) resolve();
    };
    for (let check = 0; check < inFlight; check += 1) again(check);
  });
}

/** One timer at a time, for the next that is due; those that find no room wait for one. */
function followPhases({ phasesMs, intervalMs, inFlightMax, totalMs }: Window & { kind: 'open' }, start: StartOne): Promise<void> {
  const order = phasesMs.map((_, check) => check).toSorted((a, b) => phasesMs[a]! - phasesMs[b]!);
  const fromUs = monotonicUs();
  const untilUs = fromUs + totalMs * 1000;
  return new Promise((resolve) => {
    let next = 0;
    let running = 0;
    let waitsForRoom = false;
    let timer: NodeJS.Timeout | undefined;
    const checkAt = (index: number): number => order[index % order.length]!;
    const dueUsAt = (index: number): number => fromUs + (Math.floor(index / order.length) * intervalMs + phasesMs[checkAt(index)]!) * 1000;
    const over = (): void => {
      running -= 1;
      if (waitsForRoom) look();
    };
    const look = (): void => {
      clearTimeout(timer);
      const nowUs = monotonicUs();
      for (; nowUs < untilUs && running < inFlightMax && dueUsAt(next) <= nowUs; next += 1) {
        running += 1;
        start(checkAt(next), dueUsAt(next), over);
      }
      const isOver = nowUs >= untilUs;
      if (isOver && running === 0) return resolve();
      waitsForRoom = isOver || running >= inFlightMax;
      const wakeUs = waitsForRoom ? untilUs : Math.min(dueUsAt(next), untilUs);
      if (!isOver) timer = setTimeout(look, Math.max(0, Math.ceil((wakeUs - nowUs) / 1000)));
    };
    look();
  });
}
