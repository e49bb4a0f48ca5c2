import type { ChannelStore } from './channels-port.ts';
import type { GroupStore } from './groups-port.ts';
import type { SealingStore, VariableStore } from './variables-port.ts';
import type { WindowStore } from './windows-port.ts';

/** What checks are surrounded by: groups, channels, maintenance windows, variables. */
export type ResourceStore = GroupStore & ChannelStore & WindowStore & VariableStore & SealingStore;
