import type { Fault } from './fault.ts';
import { clonedAgent, jumpedClock, poisonedConfig, revokedKey } from './faults/agents.ts';
import { lockedTable, readOnlyDatabase, refusedConnections } from './faults/database.ts';
import { brokenDisk, fullDatabaseDisk, fullDisk } from './faults/disks.ts';
import { halfOpen, linksInTurn, mutePartition, shortCuts, slowLine } from './faults/lines.ts';
import { blockedLoop, fewDescriptors, killAllCoordinators, rollingRestart, suspendAgent, suspendedCoordinator } from './faults/processes.ts';

/** Those that go one after the other; kills go side by side with each other besides. In the order of their numbers. */
export const ALL_FAULTS: readonly Fault[] = [
  killAllCoordinators, rollingRestart, mutePartition, linksInTurn, shortCuts, slowLine, lockedTable, refusedConnections, readOnlyDatabase,
  fullDatabaseDisk, fullDisk, brokenDisk, clonedAgent, poisonedConfig, jumpedClock, suspendAgent, halfOpen, fewDescriptors, blockedLoop, suspendedCoordinator, revokedKey,
];
