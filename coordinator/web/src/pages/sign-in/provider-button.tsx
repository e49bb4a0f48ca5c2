import { Button, Divider } from '@mantine/core';
import { IconLogin2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/api.ts';

type Ways = { readonly oidc: { readonly name: string } | null };

/** To the provider that the operator named, and back to `next`; nothing where there is none. */
export function ProviderButton({ next = '/', isFirst = false }: { readonly next?: string; /** The form comes after it, not before. */ readonly isFirst?: boolean }) {
  const { data } = useQuery({ queryKey: ['sign-in'], queryFn: ({ signal }) => api.get<Ways>('/v1/sign-in', {}, { signal }), staleTime: Infinity });
  if (!data?.oidc) return null;
  const button = (
    <Button component="a" href={`/v1/session/oidc?next=${encodeURIComponent(next)}`} variant="default" fullWidth leftSection={<IconLogin2 size={18} />}>
      Go on with {data.oidc.name}
    </Button>
  );
  return isFirst ? <>{button}<Divider label="or" /></> : <><Divider label="or" />{button}</>;
}
