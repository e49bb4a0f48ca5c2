/** The wall clock's reading beside the monotonic one, µs: it was taken between two readings `errorUs` × 2 apart. */
export type Reading = { readonly monotonicUs: number; readonly wallUs: number; readonly errorUs: number };

/**
 * The kernel stamps by the wall clock, which may be slewed or step. A stamp is turned into monotonic time by a reading
 * taken after it; where the clock stepped since the reading before, stamps from in between mean nothing.
 */
export class WallStamps {
  #reading: Reading | null = null;
  #trustedAfterUs = -Infinity;

  /** Takes a new reading. */
  read(reading: Reading): void {
    const before = this.#reading;
    this.#reading = reading;
    if (before === null) return;
    const apartUs = Math.abs(aheadUs(reading) - aheadUs(before));
    const elapsedUs = reading.monotonicUs - before.monotonicUs;
    if (apartUs > SLEW_MAX * elapsedUs + SLACK_US + reading.errorUs + before.errorUs) this.#trustedAfterUs = reading.monotonicUs;
  }

  get errorUs(): number {
    return this.#reading?.errorUs ?? 0;
  }

  /** Monotonic; null where the stamp says nothing: it would be before `notBeforeUs`, or still to come. */
  monotonicUs(wallUs: number, notBeforeUs: number): number | null {
    const reading = this.#reading;
    if (reading === null) return null;
    const atUs = wallUs - aheadUs(reading);
    if (atUs < this.#trustedAfterUs || atUs < notBeforeUs - SLACK_US || atUs > reading.monotonicUs + SLACK_US) return null;
    return Math.min(Math.max(atUs, notBeforeUs), reading.monotonicUs);
  }
}

function aheadUs({ wallUs, monotonicUs }: Reading): number {
  return wallUs - monotonicUs;
}

/** adjtime slews by 500 µs a second at most. */
const SLEW_MAX = 0.000_6;
/** What two readings of a busy machine are apart without any step. */
const SLACK_US = 100;
