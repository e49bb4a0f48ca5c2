import { Buffer } from 'node:buffer';

/** One part of a template that refers to groups of a match: `text ${1} and $name`. */
export type TemplatePart =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** `name` is what was written between the braces; `number` is set when that is the number of a group. */
  | { readonly kind: 'group'; readonly name: string; readonly number: number | null };

/**
 * A template as Go's `Regexp.Expand` reads it: `$name` takes as many letters, digits and underscores as follow, `$$`
 * is a dollar sign, and a dollar sign in front of anything else is itself. Works on bytes, so that nothing is recoded.
 */
export function parseGoTemplate(template: Uint8Array): readonly TemplatePart[] {
  const text = Buffer.from(template).toString('latin1');
  const parts: TemplatePart[] = [];
  for (const [token, braced, bare] of text.matchAll(/\$\$|\$\{(\w+)\}|\$(\w+)|\$|[^$]+/g)) {
    const name = braced ?? bare;
    if (name === undefined) parts.push({ kind: 'bytes', bytes: Buffer.from(token === '$$' ? '$' : token, 'latin1') });
    // A number with a leading zero is a name, of which there is no group.
    else parts.push({ kind: 'group', name, number: /^(0|[1-9]\d{0,7})$/.test(name) ? Number(name) : null });
  }
  return parts;
}

/** The bytes of a template; a group that does not exist, or took no part, is empty. */
export function fillGoTemplate(parts: readonly TemplatePart[], group: (nameOrNumber: string | number) => Uint8Array | null): Uint8Array {
  return Buffer.concat(parts.map((part) => (part.kind === 'bytes' ? part.bytes : (group(part.number ?? part.name) ?? NOTHING))));
}

const NOTHING = new Uint8Array(0);
