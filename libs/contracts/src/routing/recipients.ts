import { HubError } from '#errors';
import type { HubEvent } from '../event.ts';
import { parseIstatCode, type IpaCode } from '../ids.ts';
import type { PublicBody, RoutingRegistry, Selector } from '../procedure.ts';
import { valueOf } from './conditions.ts';
import { sameIpa } from './same-ipa.ts';

/**
 * The bodies a selector means for an event. Territory is that of the event: `province` is the province of its
 * municipality, `bordering` are that municipality's neighbours, an `area` concerns its bodies when that
 * municipality is one of them.
 * @throws HubError `BODY_UNKNOWN`, `MUNICIPALITY_UNKNOWN`
 */
export function recipientsOf(
  selector: Selector,
  event: HubEvent,
  registry: RoutingRegistry,
): readonly PublicBody[] {
  switch (selector.by) {
    case 'body':
      return [bodyOf(selector.ipa, registry)];
    case 'province': {
      const province = municipalityOf(event.territory, registry).province;
      return province === undefined ? [] : [bodyOf(province, registry)];
    }
    case 'bordering':
      return registry.bordering(event.territory);
    case 'area': {
      const here = municipalityOf(event.territory, registry);
      const bodies = registry.area(selector.code);
      return bodies.some((body) => sameIpa(body.ipa, here.ipa)) ? bodies : [];
    }
    case 'municipality': {
      const istat = valueOf(selector.fact, event.facts);
      return istat === undefined ? [] : [municipalityOf(istat, registry)];
    }
  }
}

/** @throws HubError `BODY_UNKNOWN` */
export function bodyOf(ipa: IpaCode, registry: RoutingRegistry): PublicBody {
  const body = registry.body(ipa);
  if (body === undefined)
    throw new HubError('BODY_UNKNOWN', `no public body ${ipa} in the registry`, { details: { ipa } });
  return body;
}

/** @throws HubError `MUNICIPALITY_UNKNOWN` */
export function municipalityOf(istat: string, registry: RoutingRegistry): PublicBody {
  const body = registry.municipality(parseIstatCode(istat));
  if (body !== undefined) return body;
  throw new HubError('MUNICIPALITY_UNKNOWN', `no municipality ${istat} in the registry`, {
    details: { istat },
  });
}
