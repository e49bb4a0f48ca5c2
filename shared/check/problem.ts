/** One thing that is wrong with an input: where, what was sent, what is allowed, and that in a sentence. */
export type Problem = {
  /** e.g. `request.port`, `request.assertions.0.target`; '' for the input as a whole. */
  readonly path: string;
  /** As sent where it is short and no secret; else a word for it. */
  readonly value: unknown;
  readonly limit: string;
  readonly message: string;
};

/** `message` without its path, which is put before it. */
export function problemAt(path: string, value: unknown, limit: string, message: string): Problem {
  return { path, value: showable(path, value), limit, message: path === '' ? message : `${path}: ${message}` };
}

const VALUE_CHARS_MAX = 200;
/** Payloads and dialogues may hold passwords; nothing of them is echoed (rules.md 29). */
const SECRET_PATHS = /^request\.(data|body|steps|tls\.(ca|clientCertificate))(\.|$)|^environmentVariables|^(password|currentPassword|token)$|^value$|^config(\.|$)/;

/** Bounded, without secrets, without whole objects. */
export function showable(path: string, value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (SECRET_PATHS.test(path) || (typeof value === 'string' && /:\/\/[^/]*@/.test(value))) return '[redacted]';
  if (typeof value === 'string') return value.length > VALUE_CHARS_MAX ? `${value.slice(0, VALUE_CHARS_MAX)}…`.toWellFormed() : value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean') return value;
  return Array.isArray(value) ? `[array of ${value.length}]` : `[${typeof value}]`;
}
