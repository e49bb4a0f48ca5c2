import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { UserStore } from './api/users-port.ts';
import { keptSecret, SETUP_TOKEN_FILE } from './kept-secret.ts';

const TOKEN_BYTES = 32;

/**
 * As long as nobody owns the installation: a one-time token, kept 0600 in the data directory, that lets its holder
 * become the owner. null once somebody does; a file left over goes.
 */
export async function offeredSetupToken(
  { store, dataDir, hashToken }: { readonly store: Pick<UserStore, 'isSetupNeeded' | 'offerSetup'>; readonly dataDir: string; readonly hashToken: (token: string) => Uint8Array },
): Promise<string | null> {
  if (!await store.isSetupNeeded()) {
    await forgetSetupToken(dataDir);
    return null;
  }
  const token = await keptSecret(dataDir, SETUP_TOKEN_FILE, () => randomBytes(TOKEN_BYTES).toString('base64url'));
  await store.offerSetup(hashToken(token));
  return token;
}

export async function forgetSetupToken(dataDir: string): Promise<void> {
  await rm(join(dataDir, SETUP_TOKEN_FILE), { force: true });
}
