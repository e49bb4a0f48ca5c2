import { describe, expect, it } from 'vitest';
import type { Trouble } from './answer.ts';
import { CONTROL_VALID_US, blame, isFresh, type TroubleFacts } from './blame.ts';

const TROUBLES: readonly Trouble[] = ['servfail', 'refused', 'timeout', 'badAnswer', 'unreachable'];

function facts(changes: Partial<TroubleFacts>): TroubleFacts {
  return { trouble: 'servfail', isChecksServer: false, askedMs: 5000, timeoutMs: 5000, control: null, isAskedAgain: false, ...changes };
}

const answered = { isAnswered: true, atUs: 0 };
const unanswered = { isAnswered: false, atUs: 0 };

describe('the blame for a failed lookup', () => {
  it.each(TROUBLES)('is the agent\'s resolver\'s for %s only when the control name failed too', (trouble) => {
    expect(blame(facts({ trouble }))).toBe('askControl');
    expect(blame(facts({ trouble, control: unanswered }))).toBe('resolver');
    expect(blame(facts({ trouble, control: answered }))).not.toBe('resolver');
  });

  it.each(TROUBLES)('is the target\'s for %s of the check\'s own server, whatever the control name did', (trouble) => {
    for (const control of [null, answered, unanswered]) expect(blame(facts({ trouble, control, isChecksServer: true }))).toBe('target');
  });

  it('is nobody\'s when the agent\'s resolver was only restarting, once', () => {
    expect(blame(facts({ trouble: 'unreachable', control: answered }))).toBe('askAgain');
    expect(blame(facts({ trouble: 'unreachable', control: answered, isAskedAgain: true }))).toBe('resolver');
  });

  it('is the agent\'s own when a silent server had less than half of the time', () => {
    expect(blame(facts({ trouble: 'timeout', askedMs: 2499, isChecksServer: true }))).toBe('overload');
    expect(blame(facts({ trouble: 'timeout', askedMs: 2500, isChecksServer: true }))).toBe('target');
    expect(blame(facts({ trouble: 'refused', askedMs: 1, isChecksServer: true }))).toBe('target');
  });

  it('takes the control name\'s answer for two seconds', () => {
    expect(isFresh({ isAnswered: true, atUs: 1000 }, 1000 + CONTROL_VALID_US)).toBe(true);
    expect(isFresh({ isAnswered: true, atUs: 1000 }, 1001 + CONTROL_VALID_US)).toBe(false);
  });
});
