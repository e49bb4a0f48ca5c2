/** Before the tests of vitest's project `kernel-engine`: each is skipped, and says why, where there is no such engine. */
import { beforeEach } from 'vitest';
import { skipWithoutKernelEngine } from './without-kernel-engine.ts';

beforeEach(skipWithoutKernelEngine);
