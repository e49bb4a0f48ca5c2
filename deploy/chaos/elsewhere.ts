/** Faults of the list that need another stage than the lab, and what makes them there. */
export const ELSEWHERE: readonly { readonly id: string; readonly name: string; readonly where: string }[] = [
  { id: 'F13', name: '1,000 agents reconnect at once', where: 'npm run bench:fleet -- --agents 1000' },
  { id: 'F14', name: 'a backlog of 24 h × 20 agents', where: 'npm run bench:fleet -- --backlog 2000000' },
  { id: 'F29', name: 'the database restored from an older backup', where: 'SONDE_TEST_LONG=1 npx vitest run deploy/e2e/restore.long.e2e.test.ts' },
];
