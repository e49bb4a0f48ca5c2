import { startEmbeddedPostgres } from './embedded-postgres.ts';
const t=performance.now();
const s = await startEmbeddedPostgres({ dataDir: process.argv[2]!, log: console });
console.log('started', Math.round(performance.now()-t), s.url, s.pid, s.guardianPid);
if (process.argv[3]==='hold') { process.on('SIGINT', async()=>{await s.stop();process.exit(0)}); setInterval(()=>{},1000); }
else { const u=performance.now(); await s.stop(); console.log('stopped', Math.round(performance.now()-u)); }
