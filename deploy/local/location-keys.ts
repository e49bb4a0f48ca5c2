import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApiClient, asRecord } from '../cli/api-client.ts';
import { CliProblem } from '../cli/cli-problem.ts';
import { EXIT } from '../cli/exit-codes.ts';

const FILE = 'location-keys.json';

/** With the location's id: another database under the same data directory needs other keys. */
type Kept = { readonly locationId: string; readonly key: string };

/** A key for each location, which is created where it is missing; kept 0600, because the API shows a key once. */
export async function locationKeys(api: ApiClient, dataDir: string, codes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const path = join(dataDir, FILE);
  const kept = await readKept(path);
  const listed = await api.get('/v1/locations');
  const ids = new Map((Array.isArray(listed) ? listed.map(asRecord) : [])
    .filter((location) => location['kind'] === 'public').map((location) => [String(location['code']), String(location['id'])]));
  const keys = new Map<string, string>();
  for (const code of codes) {
    const id = ids.get(code);
    const known = kept[code];
    if (known === undefined || known.locationId !== id) {
      kept[code] = id === undefined ? await createLocation(api, code) : { locationId: id, key: await addKey(api, code) };
      await writeKept(path, kept);
    }
    keys.set(code, kept[code]?.key ?? '');
  }
  return keys;
}

async function createLocation(api: ApiClient, code: string): Promise<Kept> {
  const { body } = await api.send({ method: 'POST', path: '/v1/locations', body: { code } });
  const { id, keys } = asRecord(body);
  return { locationId: String(id), key: rawKeyOf(Array.isArray(keys) ? keys[0] : undefined) };
}

/** Two are live at most: of keys that nobody remembers, the oldest makes room. */
async function addKey(api: ApiClient, code: string): Promise<string> {
  const live = await api.get(`/v1/locations/${code}/keys`);
  const [oldest] = Array.isArray(live) && live.length >= 2 ? live.map(asRecord) : [];
  if (oldest) await api.send({ method: 'DELETE', path: `/v1/locations/${code}/keys/${String(oldest['id'])}` });
  return rawKeyOf((await api.send({ method: 'POST', path: `/v1/locations/${code}/keys` })).body);
}

function rawKeyOf(key: unknown): string {
  const raw = asRecord(key)['rawKey'];
  if (typeof raw !== 'string') throw new CliProblem(EXIT.failed, 'the API created a location but showed no key for it');
  return raw;
}

async function readKept(path: string): Promise<Record<string, Kept>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, Kept>;
  } catch (error) {
    // Lost or damaged: new keys are made; the one before stays good for whoever has it.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return {};
    throw error;
  }
}

async function writeKept(path: string, kept: Record<string, Kept>): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
