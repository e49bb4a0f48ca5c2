import type { Step } from '#shared/check/check.ts';
import type { StepReport } from '#shared/run/report.ts';
import type { Colors } from '../output.ts';
import { safeText, shortened } from './safe-text.ts';
import { formatUs } from './waterfall.ts';

const DETAIL_CHARS_MAX = 100;

/** The dialogue, a line for each step: done, failed or not reached; what was heard or said. */
export function stepLines(steps: readonly Step[], reports: readonly StepReport[], colors: Colors): readonly string[] {
  return steps.map((step, index) => {
    const report = reports[index];
    const head = `${String(index + 1).padStart(String(steps.length).length)} ${step.kind.padEnd(8)}`;
    if (report === undefined) return colors.dim(`  · ${head} ${'not reached'.padStart(14)}  ${textOf(wordsOf(step))}`.trimEnd());
    const mark = report.ok ? colors.green('✓') : colors.red('✗');
    return `  ${mark} ${head} ${formatUs(report.us).padStart(14)}  ${textOf(report.ok ? detailOf(step, report) : missed(step))}`.trimEnd();
  });
}

function detailOf(step: Step, { detail }: StepReport): string {
  return step.kind === 'startTls' ? detail : `"${detail}"`;
}

function missed(step: Step): string {
  return step.kind === 'expect' ? `did not hear /${step.pattern}/` : '';
}

/** Nothing of what would have been sent: it may be a secret. */
function wordsOf(step: Step): string {
  return step.kind === 'expect' ? `/${step.pattern}/` : '';
}

function textOf(text: string): string {
  return shortened(safeText(text), DETAIL_CHARS_MAX);
}
