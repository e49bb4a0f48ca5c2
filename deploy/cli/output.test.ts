import { describe, expect, it } from 'vitest';
import { CliProblem } from './cli-problem.ts';
import { createOutput, type Output } from './output.ts';

function anOutput(options: { json?: boolean; isTTY?: boolean; env?: Record<string, string> }): { output: Output; out: () => string; err: () => string } {
  const written = { out: '', err: '' };
  const output = createOutput({
    json: options.json ?? false, env: options.env ?? {},
    stdout: { write: (text: string) => { written.out += text; }, isTTY: options.isTTY ?? false, columns: 100 },
    stderr: { write: (text: string) => { written.err += text; } },
  });
  return { output, out: () => written.out, err: () => written.err };
}

describe('what a command prints', () => {
  it('is one JSON document with --json, also for a problem; notes keep to stderr', () => {
    const { output, out, err } = anOutput({ json: true, isTTY: true });
    output.progress('doing …');
    output.note('by the way');
    output.problem(new CliProblem(2, 'two problems', [{ message: 'a is b', path: 'a' }]));
    expect(JSON.parse(out())).toEqual({ error: { message: 'two problems', exitCode: 2, errors: [{ message: 'a is b', path: 'a' }] } });
    expect(err()).toBe('by the way\n');
  });

  it('is plain where nobody looks', () => {
    const { output, out, err } = anOutput({});
    output.progress('doing …');
    output.item({}, () => output.colors.red('line'));
    output.problem(new CliProblem(2, 'two problems', [{ message: 'a' }, { message: 'b' }]));
    expect([out(), err(), output.columns]).toEqual(['line\n', 'error: two problems\n  - a\n  - b\n', null]);
  });

  it('on a terminal has progress on a line that is cleared, and colours', () => {
    const { output, out } = anOutput({ isTTY: true });
    output.progress('doing …');
    output.item({}, () => 'done');
    expect(out()).toMatch(/doing ….*\r\u001b\[2Kdone\n$/s);
    expect(output.colors.red('x')).toBe('\u001b[31mx\u001b[39m');
  });

  it.each([[{ NO_COLOR: '1' }, true, false], [{ FORCE_COLOR: '1' }, false, true], [{ TERM: 'dumb' }, true, false], [{}, false, false]])('colours with %j on a terminal (%s): %s', (env, isTTY, wanted) => {
    expect(anOutput({ isTTY, env: env as Record<string, string> }).output.colors.isColorSupported).toBe(wanted);
  });
});
