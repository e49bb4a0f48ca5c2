/** Variables and secrets, as the API needs them of the store. */
import type { Variables } from '#shared/check/variables.ts';

/** Its value, null where it is a secret: those are written and never read. */
export type StoredVariable = {
  readonly key: string;
  readonly value: string | null;
  readonly isSecret: boolean;
  readonly locked: boolean;
  /** null: of the account. */
  readonly groupId: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

/** `value` null: as it was. */
export type VariableWrite = { readonly key: string; readonly value: string | null; readonly isSecret: boolean; readonly locked: boolean };
/** Which one: of the account, or of a group. */
export type VariableName = { readonly key: string; readonly groupId: number | null };

/** Names of checks and channels, ten at most, that would not work afterwards. */
export type InUse = { readonly kind: 'in_use'; readonly by: readonly string[] };

export type VariableStore = {
  listVariables(accountId: string, groupId: number | null): Promise<readonly StoredVariable[]>;
  getVariable(accountId: string, name: VariableName): Promise<StoredVariable | null>;
  createVariable(accountId: string, groupId: number | null, variable: VariableWrite): Promise<StoredVariable | 'conflict' | InUse>;
  /** Its key stays. */
  updateVariable(accountId: string, name: VariableName, change: VariableWrite): Promise<StoredVariable | 'not_found' | InUse>;
  deleteVariable(accountId: string, name: VariableName): Promise<'deleted' | 'not_found' | InUse>;
  /** What a check of this group (null: of none) expands to, secrets included. */
  variablesFor(accountId: string, groupId: number | null): Promise<Variables>;
};

/** Sealing anew after a new master key came to the ring. */
export type SealingStore = {
  /** How many values are sealed, and how many of them by another key than the current one. */
  countSealed(): Promise<{ readonly sealed: number; readonly byOlderKeys: number; readonly unreadable: number }>;
  /** Seals the next few by the current key; 0: nothing is left that can be opened. */
  resealSome(): Promise<number>;
  readonly sealingKeyIds: readonly string[];
};
