/** Check groups and the account's own alert settings, as the API needs them of the store. */
import type { AlertChannelSubscription, AlertSettings } from '#shared/check/check.ts';
import type { CheckGroup } from '../planning/check-group.ts';
import type { StoredCheck } from './ports.ts';
import type { VariableWrite } from './variables-port.ts';

export type StoredGroup = {
  readonly id: number;
  readonly revision: number;
  readonly group: CheckGroup;
  readonly subscriptions: readonly AlertChannelSubscription[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

/** null: what is not said stays as it is. */
export type GroupWrite = {
  readonly group: CheckGroup;
  readonly subscriptions: readonly AlertChannelSubscription[] | null;
  readonly variables: readonly VariableWrite[] | null;
};

export type GroupStore = {
  listGroups(accountId: string, page: { readonly limit: number; readonly page: number }): Promise<{ readonly entries: readonly StoredGroup[]; readonly total: number }>;
  getGroup(accountId: string, id: number): Promise<StoredGroup | null>;
  createGroup(accountId: string, write: GroupWrite): Promise<StoredGroup>;
  /** With new epochs for every check whose schedule it changes, in one transaction. `in_use`: checks that its variables would break. */
  replaceGroup(accountId: string, id: number, write: GroupWrite): Promise<StoredGroup | 'not_found' | { readonly kind: 'in_use'; readonly by: readonly string[] }>;
  deleteGroup(accountId: string, id: number): Promise<'deleted' | 'not_found' | { readonly kind: 'in_use'; readonly by: readonly string[] }>;
  listChecksOfGroup(accountId: string, id: number, page: { readonly limit: number; readonly page: number }): Promise<{ readonly entries: readonly StoredCheck[]; readonly total: number }>;

  /** null: never set, the defaults hold. */
  getAlertSettings(accountId: string): Promise<AlertSettings | null>;
  setAlertSettings(accountId: string, settings: AlertSettings): Promise<void>;
};
