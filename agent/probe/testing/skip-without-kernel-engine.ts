/** Before the tests of vitest's project `kernel-engine`: each is skipped, and says why, where there is no such engine. */
import { beforeEach } from 'vitest';
import { whyNoKernelEngine } from './without-kernel-engine.ts';

const reason = whyNoKernelEngine();
if (reason !== null) beforeEach(({ skip }) => skip(`no kernel-timed engine: ${reason}`));
