/** What an agent sees while it is itself cut off is told apart from a site that is down (rules.md 22). */
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { aCheckBody } from './testing/api.ts';
import { eventually } from './testing/eventually.ts';
import { Fleet } from './testing/fleet.ts';
import { startLoggedTarget, type LoggedTarget } from './testing/logged-target.ts';
import { startSilentPort } from './testing/silent-port.ts';

let fleet: Fleet;
let target: LoggedTarget;

beforeAll(async () => {
  fleet = await Fleet.open();
  await fleet.startCoordinator();
  target = await startLoggedTarget();
  fleet.onEnd(() => target.close());
});

afterAll(() => fleet?.end());

test('an agent whose witnesses and targets are silent is impaired; one whose witnesses answer is not, though its site is down', async () => {
  onTestFailed(() => { console.error(fleet.logs()); });
  const [silentWitness, silentTarget] = [await aSilentPort(), await aSilentPort()];
  for (const [name, witnessPort] of [['cut-off', silentWitness], ['dark-site', target.port]] as const) {
    const key = await fleet.addLocation(name);
    await fleet.startAgent(name, key, { settings: { SONDE_WITNESSES: `127.0.0.1:${witnessPort}` } });
  }
  // Each its own target: nobody else could contradict.
  const targets = { 'cut-off': silentTarget, 'dark-site': await aSilentPort() };
  for (const [name, port] of Object.entries(targets)) await fleet.api.must('POST', '/v1/checks/tcp', aCheckBody(port, { name, locations: [name], maxResponseTime: 2_000 }));
  const shown = async (name: string) => (await fleet.api.must<readonly { name: string; impaired: boolean; witnesses: { state: string } }[]>('GET', '/v1/agents')).find((one) => one.name === name);
  await eventually('the agent that is cut off to be impaired', async () => (await shown('cut-off'))?.impaired, { withinMs: 60_000, everyMs: 250 });
  expect(await shown('cut-off')).toMatchObject({ impaired: true, witnesses: { state: 'failing' } });
  expect(await shown('dark-site')).toMatchObject({ impaired: false, witnesses: { state: 'ok' } });
});

async function aSilentPort(): Promise<number> {
  const silent = await startSilentPort();
  fleet.onEnd(() => silent.close());
  return silent.port;
}
