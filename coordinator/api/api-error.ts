import { STATUS_CODES } from 'node:http';
import type { Problem } from '#shared/check/problem.ts';

/** What every error answer looks like (rules.md 29). */
export type ErrorBody = {
  readonly statusCode: number;
  readonly error: string;
  readonly message: string;
  readonly errors: readonly Problem[];
};

/** An answer other than success that the caller can do something about. */
export class ApiError extends Error {
  readonly statusCode: number;
  readonly problems: readonly Problem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(statusCode: number, message: string, options: { problems?: readonly Problem[]; headers?: Record<string, string>; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'ApiError';
    this.statusCode = statusCode;
    this.problems = options.problems ?? [];
    this.headers = options.headers ?? {};
  }
}

/** More problems than this are counted, not listed. */
const PROBLEMS_SHOWN_MAX = 100;
const MESSAGES_IN_SENTENCE_MAX = 5;

/** 400 with every problem at once; `problemAt` bounds and redacts what it echoes. */
export function invalidInput(problems: readonly Problem[]): ApiError {
  return new ApiError(400, sentenceOf(problems), { problems });
}

/** The same whether the thing never was, is gone, or is another account's (rules.md 35). */
export function notFound(what: string): ApiError {
  return new ApiError(404, `${what} does not exist`);
}

export function errorBodyOf(error: ApiError): ErrorBody {
  return {
    statusCode: error.statusCode,
    error: STATUS_CODES[error.statusCode] ?? 'Error',
    message: error.message,
    errors: error.problems.slice(0, PROBLEMS_SHOWN_MAX),
  };
}

function sentenceOf(problems: readonly Problem[]): string {
  const [first] = problems;
  if (problems.length === 1 && first) return first.message;
  const shown = problems.slice(0, MESSAGES_IN_SENTENCE_MAX).map((problem) => problem.message).join('; ');
  const more = problems.length > MESSAGES_IN_SENTENCE_MAX ? `; and ${problems.length - MESSAGES_IN_SENTENCE_MAX} more` : '';
  return `${problems.length} problems: ${shown}${more}`;
}
