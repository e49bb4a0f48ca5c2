/** What of a write's body and answer is worth keeping: what was touched, never a secret (reliability.md, Security). */

const SHOWN = ['id', 'name', 'email', 'role', 'key', 'masked', 'slugName', 'code', 'type', 'location', 'scopes', 'activated', 'muted'] as const;
/** Kept as fingerprints: two entries tell whether it was the same one. */
const FINGERPRINTED = ['value', 'secret'] as const;
const TEXT_CHARS_MAX = 200;
const ITEMS_MAX = 30;

/** `fingerprint`: a keyed hash, short. */
export function auditDetails(body: unknown, answer: unknown, fingerprint: (secret: string) => string): Readonly<Record<string, unknown>> {
  const details: Record<string, unknown> = {};
  for (const source of [body, answer]) {
    if (!isRecord(source)) continue;
    for (const name of SHOWN) {
      const value = shown(source[name]);
      if (value !== undefined) details[name] = value;
    }
  }
  if (isRecord(body)) {
    for (const name of FINGERPRINTED) {
      const secret = body[name];
      if (typeof secret === 'string') details[name] = fingerprint(secret);
    }
    details['fields'] = Object.keys(body).slice(0, ITEMS_MAX);
  }
  return details;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, TEXT_CHARS_MAX).toWellFormed();
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.slice(0, ITEMS_MAX);
  return undefined;
}
