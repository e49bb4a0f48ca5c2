import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { parseCheck } from '#shared/check/parse-check.ts';
import { toProbeSpec } from '#shared/check/to-probe-spec.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';

/** Enough for the engine to have compiled what is on the way; measured, more changes nothing. */
const PROBES = 20;
/** However slow this machine is. */
const WARM_UP_MS_MAX = 300;

/**
 * Probes an echo of this process' own a few times, so that the one probe that counts does not measure how a process
 * starts: cold, an exchange over loopback takes milliseconds instead of microseconds. A machine without a loopback
 * stays cold; nothing fails for it.
 */
export async function warmUp(probe: (spec: ProbeSpec, signal: AbortSignal) => Promise<ProbeReport>, isTls: boolean): Promise<void> {
  // The first context reads all the system's authorities.
  if (isTls) tls.createSecureContext();
  const echo = net.createServer((socket) => { socket.on('error', () => {}).pipe(socket); });
  echo.on('error', () => {});
  echo.listen(0, '127.0.0.1');
  try {
    await once(echo, 'listening');
    const { port } = echo.address() as net.AddressInfo;
    const untilMs = performance.now() + WARM_UP_MS_MAX;
    for (let count = 0; count < PROBES && performance.now() < untilMs; count += 1) {
      await probe(specFor(port, count % 2 === 0), AbortSignal.timeout(WARM_UP_MS_MAX));
    }
  } catch {
    // No loopback to warm up on.
  } finally {
    echo.close();
  }
}

function specFor(port: number, isDialogue: boolean): ProbeSpec {
  const said = isDialogue
    ? { steps: [{ send: 'warm\\r\\n', dataFormat: 'escaped' }, { expect: '^w[^\\n]*\\n' }] }
    : { data: 'warm', assertions: [{ source: 'RESPONSE_DATA', comparison: 'CONTAINS', target: 'arm' }] };
  const parsed = parseCheck({ name: 'warm up', locations: ['here'], maxResponseTime: WARM_UP_MS_MAX, request: { hostname: '127.0.0.1', port, ...said } });
  if (!parsed.ok) throw new Error('invariant: the warm-up is a check');
  return toProbeSpec(parsed.check);
}
