import { describe, expect, it } from 'vitest';
import { RateLimiter } from './rate-limiter.ts';

const limit = { max: 3, windowMs: 60_000 };

describe('the rate limiter', () => {
  it('allows as many requests as the limit within a window, then says when to come back', () => {
    const limiter = new RateLimiter(limit);
    const answers = [0, 1_000, 2_000, 10_500].map((atMs) => limiter.take('key a', atMs));
    expect(answers.map((answer) => answer.allowed)).toEqual([true, true, true, false]);
    expect(answers.map((answer) => answer.remaining)).toEqual([2, 1, 0, 0]);
    expect(answers[3]?.resetSeconds).toBe(50);
  });

  it('begins anew with the next window, however often it was asked meanwhile', () => {
    const limiter = new RateLimiter(limit);
    for (let request = 0; request < 10; request += 1) limiter.take('key a', 0);
    expect(limiter.take('key a', 59_999).allowed).toBe(false);
    expect(limiter.take('key a', 60_000)).toMatchObject({ allowed: true, remaining: 2 });
  });

  it('counts each caller alone', () => {
    const limiter = new RateLimiter(limit);
    for (let request = 0; request < 4; request += 1) limiter.take('key a', 0);
    expect(limiter.take('key b', 0).allowed).toBe(true);
  });

  it('remembers a bounded number of callers and forgets the one seen first', () => {
    const limiter = new RateLimiter({ max: 1, windowMs: 60_000 });
    limiter.take('first', 0);
    for (let caller = 0; caller < 9_999; caller += 1) limiter.take(`caller ${caller}`, 1);
    expect(limiter.take('first', 2).allowed).toBe(false);
    limiter.take('one too many', 3);
    expect(limiter.take('first', 4).allowed).toBe(true);
  });
});
