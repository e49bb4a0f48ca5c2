import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { resultLine, resultLineHead, shownResult } from './result-line.ts';

const plain = picocolors.createColors(false);

function anAnswer(changes: Record<string, unknown> = {}, tcp: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'r1', name: 'own Postgres', runLocation: 'local-1', startedAt: new Date(2026, 0, 2, 13, 4, 5).toISOString(),
    tcpCheckResult: {
      outcome: 'passed', trigger: 'schedule', latenessUs: 2_134, error: null, assertions: [],
      timingPhases: { dns: 0, connection: 0.213, data: 1.5, total: 1.713 }, ...tcp,
    },
    ...changes,
  };
}

function lineOf(answer: unknown, columns: number | null = null): string {
  const shown = shownResult(answer);
  if (shown === null) throw new Error('no result');
  return resultLine(shown, plain, columns);
}

describe('a line of the live view', () => {
  it('has the same columns for every outcome', () => {
    const timings = { timingPhases: { dns: 1_234.5, connection: 45_000, data: 0, total: 46_234.5 } };
    const lines = [
      resultLineHead(plain),
      lineOf(anAnswer()),
      lineOf(anAnswer({}, { outcome: 'degraded', trigger: 'deploy' })),
      lineOf(anAnswer({ name: 'a check with a name that is longer than its column' }, { ...timings, outcome: 'failed', error: { code: 'SOCKET_TIMEOUT', message: 'no answer within the time limit' } })),
      lineOf(anAnswer({}, { outcome: 'agent_fault', error: { code: 'EMFILE', message: 'no file descriptors left' } })),
      lineOf(anAnswer({}, { outcome: 'egress_denied' })),
    ];
    expect(lines).toMatchInlineSnapshot(`
      [
        "time     check                          location     outcome            dns  connect     data    total     late (ms)",
        "13:04:05 own Postgres                   local-1      ✓ passed         0.000    0.213    1.500    1.713    2.134",
        "13:04:05 own Postgres                   local-1      ! degraded       0.000    0.213    1.500    1.713   deploy",
        "13:04:05 a check with a name that is l… local-1      ✗ failed          1235    45000    0.000    46235    2.134  no answer within the time limit",
        "13:04:05 own Postgres                   local-1      ? agent fault    0.000    0.213    1.500    1.713    2.134  no file descriptors left",
        "13:04:05 own Postgres                   local-1      ⊘ denied         0.000    0.213    1.500    1.713    2.134",
      ]
    `);
  });

  it('says which assertion failed', () => {
    const answer = anAnswer({}, { outcome: 'failed', error: { code: 'ERR_ASSERTION', message: 'an assertion failed' }, assertions: [{ passed: true }, { passed: false, error: "'x' does not contain 'y'" }] });
    expect(lineOf(answer)).toContain("'x' does not contain 'y'");
  });

  it('never wraps, and lets nothing from a target move the cursor', () => {
    const answer = anAnswer({ name: 'a\u001b[2Jb' }, { outcome: 'failed', error: { code: 'X', message: `${'long\n'.repeat(50)}` } });
    const line = lineOf(answer, 130);
    expect(line.length).toBeLessThanOrEqual(130);
    expect(line).toContain('a\\x1b[2Jb');
    expect(line).not.toContain('\u001b');
  });

  it('is not made of what is no result', () => {
    expect([shownResult(null), shownResult({ id: 'x' }), shownResult({ id: 'x', tcpCheckResult: { outcome: 'constructor' } })]).toEqual([null, null, null]);
  });
});
