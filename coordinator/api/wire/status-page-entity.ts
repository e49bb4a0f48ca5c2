import { z } from 'zod';
import type { StatusPage, StatusPageWrite } from '../status-page-port.ts';
import type { StatusPageView } from '../status-page-view.ts';
import { isoOf } from './iso.ts';

const echoed = z.unknown().optional().meta({ readOnly: true });
/** More than a reader takes in, and a bound on what one question reads. */
const SECTIONS_MAX = 20;
const COMPONENTS_MAX = 100;

export const StatusPageWriteBody = z.strictObject({
  slug: z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'must be 3 to 63 lower-case letters, digits and inner hyphens').meta({ description: 'it is at /status/<slug>' }),
  title: z.string().trim().min(1).max(255),
  description: z.string().trim().max(1_000).nullish(),
  on: z.boolean().nullish().meta({ default: false, description: 'false: it is not there for anybody' }),
  showIncidents: z.boolean().nullish().meta({ default: true, description: 'when its checks alerted, without what was said about it' }),
  showMaintenance: z.boolean().nullish().meta({ default: true, description: 'with the names of maintenance windows' }),
  sections: z.array(z.strictObject({
    name: z.string().trim().max(255).default(''),
    components: z.array(z.strictObject({
      checkId: z.guid().transform((id) => id.toLowerCase()),
      name: z.string().trim().min(1).max(255).nullish().meta({ description: 'for the public; left out, as the check is called' }),
    })).max(COMPONENTS_MAX),
  })).max(SECTIONS_MAX).default([]),
  id: echoed, created_at: echoed, updated_at: echoed,
}).meta({ id: 'StatusPageWrite' });

export const StatusPageEntity = z.object({
  id: z.int(), slug: z.string(), title: z.string(), description: z.string().nullable(), on: z.boolean(), showIncidents: z.boolean(), showMaintenance: z.boolean(),
  sections: z.array(z.object({ name: z.string(), components: z.array(z.object({ checkId: z.string(), name: z.string().nullable() })) })),
  created_at: z.iso.datetime(), updated_at: z.iso.datetime(),
}).meta({ id: 'StatusPage' });

export const PublicStatusPageEntity = z.object({
  title: z.string(), description: z.string().nullable(), at: z.iso.datetime(),
  state: z.enum(['operational', 'degraded', 'partialOutage', 'majorOutage', 'maintenance', 'unknown']),
  sections: z.array(z.object({
    name: z.string(),
    components: z.array(z.object({
      name: z.string(), state: z.enum(['operational', 'degraded', 'down', 'maintenance', 'unknown']), uptime: z.number().nullable().meta({ description: 'of 1, over the days shown' }),
      days: z.array(z.object({ date: z.iso.date(), state: z.enum(['up', 'degraded', 'down', 'none']), availability: z.number().nullable() })),
    })),
  })),
  incidents: z.array(z.object({ component: z.string(), kind: z.enum(['failure', 'degraded']), startedAt: z.iso.datetime(), endedAt: z.iso.datetime().nullable() })),
  maintenance: z.array(z.object({ name: z.string(), underWay: z.boolean(), changesAt: z.iso.datetime().nullable().meta({ description: 'when it begins, or ends if it is under way' }) })),
}).meta({ id: 'PublicStatusPage' });

export function statusPageOf({ slug, title, description, on, showIncidents, showMaintenance, sections }: z.output<typeof StatusPageWriteBody>): StatusPageWrite {
  return {
    slug, title, description: description || null, isOn: on ?? false, showsIncidents: showIncidents ?? true, showsMaintenance: showMaintenance ?? true,
    sections: sections.map(({ name, components }) => ({ name, components: components.map((component) => ({ checkId: component.checkId, name: component.name ?? null })) })),
  };
}

export function statusPageEntity({ id, slug, title, description, isOn, showsIncidents, showsMaintenance, sections, createdAtMs, updatedAtMs }: StatusPage): z.output<typeof StatusPageEntity> {
  return {
    id, slug, title, description, on: isOn, showIncidents: showsIncidents, showMaintenance: showsMaintenance,
    sections: sections.map(({ name, components }) => ({ name, components: components.map((component) => ({ ...component })) })),
    created_at: isoOf(createdAtMs), updated_at: isoOf(updatedAtMs),
  };
}

export function publicStatusPageEntity({ title, description, state, atMs, sections, incidents, maintenance }: StatusPageView): z.output<typeof PublicStatusPageEntity> {
  return {
    title, description, state, at: isoOf(atMs),
    sections: sections.map(({ name, components }) => ({ name, components: components.map((component) => ({ ...component, days: component.days.map((day) => ({ ...day })) })) })),
    incidents: incidents.map(({ component, kind, openedAtMs, closedAtMs }) => ({ component, kind, startedAt: isoOf(openedAtMs), endedAt: closedAtMs === null ? null : isoOf(closedAtMs) })),
    maintenance: maintenance.map(({ name, isUnderWay, changesAtMs }) => ({ name, underWay: isUnderWay, changesAt: changesAtMs === null ? null : isoOf(changesAtMs) })),
  };
}
