import { EXIT, type ExitCode } from './exit-codes.ts';

/** One line of what is wrong, with its parts for machines. */
export type ProblemDetail = { readonly message: string } & Readonly<Record<string, unknown>>;

/** Something the user can do something about: a sentence, maybe a list, and how the process exits. */
export class CliProblem extends Error {
  readonly exitCode: ExitCode;
  readonly details: readonly ProblemDetail[];

  constructor(exitCode: ExitCode, message: string, details: readonly ProblemDetail[] = [], cause?: unknown) {
    super(message, { cause });
    this.name = 'CliProblem';
    this.exitCode = exitCode;
    this.details = details;
  }
}

/** Any error as a problem: what is not one already becomes its message, never its stack. */
export function problemOf(error: unknown): CliProblem {
  if (error instanceof CliProblem) return error;
  if (isErrno(error)) return new CliProblem(EXIT.failed, errnoSentence(error), [], error);
  return new CliProblem(EXIT.failed, error instanceof Error ? error.message : String(error), [], error);
}

export function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';
}

function errnoSentence(error: NodeJS.ErrnoException): string {
  const { code, path } = error;
  if (path === undefined) return error.message;
  const reason = code === undefined ? undefined : FILE_REASONS[code];
  return reason === undefined ? error.message : `${path}: ${reason}`;
}

const FILE_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'this user may not read or write it',
  EPERM: 'this user may not do that',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file, not a directory',
  EISDIR: 'it is a directory, not a file',
};
