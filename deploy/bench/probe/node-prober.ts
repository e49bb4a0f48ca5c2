/** A plain loop on `node:net`: what Node itself costs, without deadlines, judging or results. */
import net from 'node:net';
import { addressOf, EXPECTED, REQUEST } from './exchange.ts';
import { pace } from './pace.ts';
import { serveWindows } from './serve-windows.ts';
import { monotonicUs, type SampleLog } from './window.ts';

const port = Number(process.argv[2]);

serveWindows(async (window, log) => {
  await pace(window, (check, dueUs, done) => probe(log, check, dueUs, done));
  return 0;
});

function probe(log: SampleLog, check: number, dueUs: number, done: () => void): void {
  const startedUs = monotonicUs();
  let connectedUs = NaN;
  let sentUs = NaN;
  const socket = net.connect({ host: addressOf(check), port, noDelay: true });
  const end = (firstByteUs: number, isOk: boolean): void => {
    socket.destroy();
    log.push({
      address: check, endedUs: monotonicUs(), connectUs: connectedUs - startedUs, firstByteUs: firstByteUs - sentUs,
      totalUs: firstByteUs - startedUs, isOk, dueUs,
    });
    done();
  };
  socket.on('connect', () => {
    connectedUs = monotonicUs();
    socket.write(REQUEST);
    sentUs = monotonicUs();
  });
  socket.on('data', (bytes) => end(monotonicUs(), bytes.includes(EXPECTED)));
  socket.on('error', () => end(NaN, false));
}
