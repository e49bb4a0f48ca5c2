import picocolors from 'picocolors';
import type { CliProblem } from './cli-problem.ts';

export type Colors = ReturnType<typeof picocolors.createColors>;

export type Output = {
  readonly json: boolean;
  readonly colors: Colors;
  /** Characters in a line; null when nobody looks at it. */
  readonly columns: number | null;
  /** The answer of a command: one JSON document, or lines for people. */
  answer(document: unknown, lines: () => readonly string[]): void;
  /** One of many: a JSON line, or a line for people. */
  item(document: unknown, line: () => string): void;
  /** For people only, beside the answer. */
  note(line: string): void;
  /** What is being done, on a line that the next one replaces; only where somebody looks. null: nothing any more. */
  progress(doing: string | null): void;
  problem(problem: CliProblem): void;
};

type Stream = { write(text: string): unknown; isTTY?: boolean; columns?: number };

/** With `--json` stdout carries JSON only, errors too; notes and errors for people go to stderr. */
export function createOutput(options: {
  json: boolean; stdout: Stream; stderr: Stream; env: Readonly<Record<string, string | undefined>>;
}): Output {
  const { json, stdout, stderr, env } = options;
  const colors = picocolors.createColors(!json && wantsColor(stdout, env));
  let hasProgress = false;
  const progress = (doing: string | null): void => {
    if (json || stdout.isTTY !== true) return;
    if (hasProgress) stdout.write(CLEAR_LINE);
    hasProgress = doing !== null;
    if (doing !== null) stdout.write(colors.dim(doing));
  };
  const print = (stream: Stream, line: string): void => {
    progress(null);
    stream.write(`${line}\n`);
  };
  return {
    json,
    colors,
    get columns() {
      return stdout.isTTY === true ? (stdout.columns ?? 80) : null;
    },
    answer(document, lines) {
      if (json) print(stdout, JSON.stringify(document, null, 2));
      else for (const line of lines()) print(stdout, line);
    },
    item: (document, line) => print(stdout, json ? JSON.stringify(document) : line()),
    note: (line) => print(stderr, line),
    progress,
    problem(problem) {
      if (json) {
        print(stdout, JSON.stringify({ error: { message: problem.message, exitCode: problem.exitCode, errors: problem.details } }));
        return;
      }
      print(stderr, `${colors.red('error:')} ${problem.message}`);
      for (const detail of problem.details) print(stderr, `  - ${detail.message}`);
    },
  };
}

const CLEAR_LINE = '\r\x1b[2K';

/** The conventions of no-color.org and force-color.org. */
function wantsColor(stdout: Stream, env: Readonly<Record<string, string | undefined>>): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '') !== '') return env['FORCE_COLOR'] !== '0';
  return stdout.isTTY === true && env['TERM'] !== 'dumb';
}
