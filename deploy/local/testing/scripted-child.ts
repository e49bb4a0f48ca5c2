/** A stand-in for a supervised server: what it does is its first argument. It stops when its channel closes. */
const [behaviour = 'serve'] = process.argv.slice(2);
const tell = (message: unknown): void => { process.send?.(message); };

process.on('SIGINT', () => {});
process.on('disconnect', () => {
  if (behaviour === 'stubborn') return;
  process.stderr.write('goodbye\n');
  process.exit(0);
});

switch (behaviour) {
  case 'refuse':
    tell({ kind: 'failed', message: 'port 1 is already taken', exitCode: 2 });
    setTimeout(() => process.exit(2), 10);
    break;
  case 'crash':
    process.stderr.write('out of luck\n');
    process.exit(7);
    break;
  default:
    process.stdout.write(`serving as ${process.pid}\n`);
    tell({ kind: 'ready', httpUrl: `http://127.0.0.1/${process.pid}` });
    setInterval(() => {}, 60_000);
}
