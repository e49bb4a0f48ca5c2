import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApiClient, asRecord } from '../cli/api-client.ts';
import { type FirstCheck, firstChecks, type OwnServices } from './first-checks.ts';
import { closedPort } from './ports.ts';
import type { UpSteps } from './up-steps.ts';

/** Accounts that had their first checks, so that one the user deleted does not come back. */
const FILE = 'first-checks.json';

/** On the very first start for this account; repeated harmlessly after one that was cut short. */
export async function makeFirstChecks(api: ApiClient, dataDir: string, steps: UpSteps, own: Omit<OwnServices, 'closedPort'>): Promise<void> {
  const path = join(dataDir, FILE);
  const account = String(asRecord(await api.get('/v1/accounts/me'))['id']);
  const served = await readServed(path);
  if (served.includes(account)) return;
  await steps.step('creating the first checks', async () => {
    const checks = firstChecks({ ...own, closedPort: await closedPort() });
    for (const check of checks) await create(api, check);
    await writeFile(path, `${JSON.stringify([...served, account])}\n`, { mode: 0o600 });
    return checks;
  }, (checks) => `${checks.length} first checks`);
}

async function create(api: ApiClient, { idempotencyKey, body }: FirstCheck): Promise<void> {
  await api.send({ method: 'POST', path: '/v1/checks/tcp', body, headers: { 'idempotency-key': idempotencyKey } });
}

async function readServed(path: string): Promise<readonly string[]> {
  try {
    const served: unknown = JSON.parse(await readFile(path, 'utf8'));
    return Array.isArray(served) ? served.map(String) : [];
  } catch {
    return [];
  }
}
