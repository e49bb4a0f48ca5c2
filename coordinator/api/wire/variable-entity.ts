import { z } from 'zod';
import { REDACTED } from '#shared/settings/secret.ts';
import { LOCAL_PREFIX } from '#shared/check/variables.ts';
import type { StoredVariable, VariableWrite } from '../variables-port.ts';
import { isoOf } from './iso.ts';

/** A shorter secret is in every other text by chance, and could not be redacted. */
const SECRET_CHARS_MIN = 4;
const VALUE_CHARS_MAX = 4_096;
/** checkly-api.md §8. */
export const VARIABLES_MAX = 200;

const key = z.string().max(255)
  .regex(/^[A-Za-z_]\w*$/, 'must be letters, digits and _, and not begin with a digit, as in REDIS_PASSWORD')
  .refine((given) => given !== LOCAL_PREFIX.slice(0, -1), "must not be 'local': {{local.NAME}} is what agents keep to themselves");
/** Never in an answer to a mistake: it may be a secret. */
const value = z.string().max(VALUE_CHARS_MAX, `value: has too many characters, at most ${VALUE_CHARS_MAX} are allowed`)
  .refine((given) => given.isWellFormed() && !given.includes('\0'), 'must be well-formed text without NUL');

const echoed = z.unknown().optional().meta({ readOnly: true });
const fields = {
  value,
  locked: z.boolean().nullish().meta({ default: false, description: 'hides the value in forms' }),
  secret: z.boolean().nullish().meta({ default: false, description: 'written, used and never read again' }),
  created_at: echoed, updated_at: echoed, groupId: echoed,
};

type Given = { readonly value: string; readonly secret?: boolean | null | undefined };
const isLongEnough = ({ value: given, secret }: Given): boolean => secret !== true || given === REDACTED || given.length >= SECRET_CHARS_MIN;
const TOO_SHORT = { path: ['value'], message: `a secret needs at least ${SECRET_CHARS_MIN} characters, so that it can be told from other text and redacted` };

export const VariableWriteBody = z.strictObject({ key, ...fields }).refine(isLongEnough, TOO_SHORT).meta({ id: 'VariableWrite' });
export const VariableUpdateBody = z.strictObject({ key: key.optional(), ...fields }).refine(isLongEnough, TOO_SHORT).meta({ id: 'VariableUpdate' });
export const VariablesOfGroup = z.array(VariableWriteBody).max(VARIABLES_MAX);

export const VariableEntity = z.object({
  key: z.string(),
  value: z.string().meta({ description: '`[redacted]` of a secret' }),
  locked: z.boolean(),
  secret: z.boolean(),
  groupId: z.int().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
}).meta({ id: 'Variable' });

export function variableEntity(stored: StoredVariable): z.output<typeof VariableEntity> {
  return {
    key: stored.key, value: stored.value ?? REDACTED, locked: stored.locked, secret: stored.isSecret, groupId: stored.groupId,
    created_at: isoOf(stored.createdAtMs), updated_at: isoOf(stored.updatedAtMs),
  };
}

/** What was shown comes back as it was shown: `[redacted]` of a secret leaves its value. */
export function variableWrite(body: Given & { readonly locked?: boolean | null | undefined }, name: string): VariableWrite {
  return { key: name, value: body.secret === true && body.value === REDACTED ? null : body.value, isSecret: body.secret ?? false, locked: body.locked ?? false };
}
