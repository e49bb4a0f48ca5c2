import { Buffer } from 'node:buffer';
import type { DataFormat } from '#shared/check/check.ts';
import { decodePayload } from '#shared/check/payload.ts';

/** What a `send` step sends: exact bytes, with the bytes of captures between them. */
export type SendTemplate = readonly (
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'capture'; readonly name: string }
)[];

/** The most one step sends, captures included; a capture may be as long as the whole response. */
export const SEND_BYTES_MAX = 128 * 1024;

/**
 * The written parts are decoded in their format, each for itself, and captures stand between them as the bytes that
 * were received: what the other side says is never read as an escape, and never decoded. `${name}` of a name that
 * no earlier `expect` captures is sent as it is written.
 */
export function compileSend(
  data: string,
  format: DataFormat,
  names: ReadonlySet<string>,
): { readonly ok: true; readonly template: SendTemplate } | { readonly ok: false; readonly problem: string } {
  const template: SendTemplate[number][] = [];
  let written = '';
  const flush = (): string | null => {
    const decoded = decodePayload(written, format);
    if (!decoded.ok) return decoded.problem;
    if (decoded.bytes.length > 0) template.push({ kind: 'bytes', bytes: decoded.bytes });
    written = '';
    return null;
  };
  for (const part of data.split(/(\$\{[A-Za-z_]\w*\})/)) {
    const name = part.startsWith('${') ? part.slice(2, -1) : null;
    if (name === null || !names.has(name)) {
      written += part;
      continue;
    }
    const problem = flush();
    if (problem !== null) return { ok: false, problem };
    template.push({ kind: 'capture', name });
  }
  const problem = flush();
  return problem === null ? { ok: true, template } : { ok: false, problem };
}

/** The bytes to send now; a group that took no part in its match is empty. */
export function fillTemplate(template: SendTemplate, captures: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const [only] = template;
  if (template.length === 1 && only?.kind === 'bytes') return only.bytes;
  const parts = template.map((part) => (part.kind === 'bytes' ? part.bytes : (captures.get(part.name) ?? NOTHING)));
  return Buffer.concat(parts).subarray(0, SEND_BYTES_MAX);
}

const NOTHING = new Uint8Array(0);
