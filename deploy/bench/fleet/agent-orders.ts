import type { HostedAgentOrder } from './hosted-agent.ts';
import type { Prepared } from './prepare.ts';
import { BEHIND, type FleetSettings } from './settings.ts';

/** A check may name so many locations, and its change reaches one agent in each. */
const LOCATIONS_MAX = 200;

/** How the agents lie over locations, and how many results each location has to have for them. */
export function layout({ agents, backlog }: FleetSettings, rowsAnAgent: number): { readonly locationCount: number; readonly agentsEach: number; readonly rowsEach: number } {
  const locationCount = Math.min(LOCATIONS_MAX, agents);
  const agentsEach = Math.ceil(agents / locationCount);
  return { locationCount, agentsEach, rowsEach: Math.ceil(backlog / BEHIND) + agentsEach * rowsAnAgent };
}

/** Rows that no two agents share; those of a location lie side by side in time, as if each agent had a part of its checks. */
export function hostedAgents(settings: FleetSettings, { locations }: Prepared): readonly HostedAgentOrder[] {
  const { agentsEach } = layout(settings, 0);
  const backlog = Math.ceil(settings.backlog / BEHIND);
  return Array.from({ length: settings.agents }, (_, index) => {
    const { key, owed } = locations[index % locations.length]!;
    return { key, owed, firstRow: backlog + Math.floor(index / locations.length), stride: agentsEach, backlog: index < BEHIND ? backlog : 0 };
  });
}
