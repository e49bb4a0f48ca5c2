import type { Clock } from '#shared/time/clock.ts';
import { ApiError } from '../api-error.ts';
import { RateLimiter } from '../rate-limiter.ts';

const WINDOW_MS = 5 * 60_000;
/** A team behind one address mistypes now and then; a guesser needs more. */
const PER_ADDRESS_MAX = 30;
/** Of one user's password, from wherever. */
const PER_USER_MAX = 10;

/** Counts tries of passwords and one-time tokens, before any is looked at. Counts are of this coordinator. */
export class SignInLimits {
  readonly #clock: Clock;
  readonly #byAddress = new RateLimiter({ max: PER_ADDRESS_MAX, windowMs: WINDOW_MS });
  readonly #byUser = new RateLimiter({ max: PER_USER_MAX, windowMs: WINDOW_MS });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `user` null: a token is tried, not a password. Throws 429. */
  count(address: string, user: string | null): void {
    const nowMs = this.#clock.monotonicUs() / 1000;
    const decisions = [this.#byAddress.take(address, nowMs), ...(user === null ? [] : [this.#byUser.take(user, nowMs)])];
    const refused = decisions.find(({ allowed }) => !allowed);
    if (!refused) return;
    throw new ApiError(429, `too many attempts to sign in; try again in ${Math.ceil(refused.resetSeconds / 60)} min`, { headers: { 'retry-after': String(refused.resetSeconds) } });
  }
}
