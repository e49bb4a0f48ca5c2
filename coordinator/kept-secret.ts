import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '#shared/settings/secret.ts';
import { mintToken } from './api/keys.ts';

/** The first account's API key, as `sonde` reads it from the data directory. */
export const API_KEY_FILE = 'api-key';
export const MASTER_KEY_FILE = 'master.key';
/** Lets whoever reads it become the owner, once; gone after that. */
export const SETUP_TOKEN_FILE = 'setup-token';

/** The key of the first account: made once, then kept 0600 in the data directory. */
export async function keptApiKey(dataDir: string): Promise<Secret> {
  return new Secret(await keptSecret(dataDir, API_KEY_FILE, () => mintToken('account', randomBytes)));
}

/** The 32 bytes under which keys are hashed and secrets sealed: made once, then kept 0600 in the data directory. */
export async function keptMasterKey(dataDir: string): Promise<Secret<Uint8Array>> {
  const text = await keptSecret(dataDir, MASTER_KEY_FILE, () => randomBytes(32).toString('hex'));
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw new Error(`${join(dataDir, MASTER_KEY_FILE)} does not hold 64 hexadecimal digits: put the original file back; without it no key that was given out works`);
  }
  return new Secret<Uint8Array>(new Uint8Array(Buffer.from(text, 'hex')));
}

/**
 * What the file holds, or what `make` gives, kept for good. Complete or absent at any moment, and the same for
 * two processes that ask at once: written aside, then linked to its name, where the first one wins.
 */
export async function keptSecret(dataDir: string, fileName: string, make: () => string): Promise<string> {
  const path = join(dataDir, fileName);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const kept = await readKept(path);
  if (kept !== null) return kept;
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const file = await open(aside, 'wx', 0o600);
    await file.writeFile(`${make()}\n`);
    await file.sync();
    await file.close();
    await link(aside, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(aside, { force: true });
  }
  return (await readKept(path)) ?? '';
}

async function readKept(path: string): Promise<string | null> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    if (text === '') throw new Error(`${path} is empty: put the original file back, or remove it to have a new one made`);
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
