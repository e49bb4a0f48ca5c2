import { expect, it } from 'vitest';
import { createProbe } from '#agent/probe/probe.ts';
import { probeDeps } from '#agent/probe/testing/probe-under-test.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { startScriptedServer } from '#shared/testing/scripted-server.ts';

it('the time an expected pattern takes the agent is not the time that sending takes the target', async () => {
  const server = await startScriptedServer([{ do: 'send', bytes: `${'a'.repeat(60_000)}\r\n` }, { do: 'expect', text: 'X' }, { do: 'send', bytes: 'OK\r\n' }]);
  const report = await createProbe(probeDeps()).probe(aProbeSpec({
    port: server.port,
    steps: [{ kind: 'expect', pattern: '(?P<all>(?:a|b|aa)+)\\r\\n' }, { kind: 'send', data: 'X', dataFormat: 'text' }, { kind: 'expect', pattern: 'OK' }],
  }));
  await server.close();
  expect(report.failure).toBe(null);
  // One byte is sent: the pattern's time, which is the very delay of the event loop, must not be booked here.
  expect(report.timings.sendUs).toBeLessThan(report.loopDelayUs / 2);
});
