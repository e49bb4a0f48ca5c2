import { z } from 'zod';
import type { Account, Caller } from '../ports.ts';
import { isoOf } from './iso.ts';

export const AccountEntity = z.object({
  id: z.string(),
  name: z.string(),
  runtimeId: z.null(),
  created_at: z.iso.datetime(),
  scopes: z.array(z.string()).meta({ description: 'what this key may do' }),
}).meta({ id: 'Account' });

export function accountEntity(account: Account, caller: Caller): z.output<typeof AccountEntity> {
  return { id: account.id, name: account.name, runtimeId: null, created_at: isoOf(account.createdAtMs), scopes: [...caller.scopes] };
}
