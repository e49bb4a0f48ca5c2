/** One thing that is wrong with an input, as the API says it (rules.md 29). */
export type FieldProblem = { readonly path: string; readonly value: unknown; readonly limit: string; readonly message: string };

/** Any answer other than success. `status` 0: there was no answer at all. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly errors: readonly FieldProblem[];

  constructor(status: number, message: string, errors: readonly FieldProblem[] = []) {
    super(message);
    this.name = 'ApiProblem';
    this.status = status;
    this.errors = errors;
  }
}

/** What a person reads of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** By path, without the path in front of each sentence: for `form.setErrors`. Several of one field are joined. */
export function fieldErrors(thrown: unknown): Record<string, string> {
  if (!(thrown instanceof ApiProblem)) return {};
  const found: Record<string, string> = {};
  for (const { path, message } of thrown.errors) {
    const sentence = path !== '' && message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
    found[path] = found[path] === undefined ? sentence : `${found[path]}; ${sentence}`;
  }
  return found;
}
