import { SetMetadata } from '@nestjs/common';

/** Who may call a route. */
export type RoutePermission =
  | { readonly kind: 'public' }
  /** A bearer token with any one of these scopes. */
  | { readonly kind: 'scopes'; readonly anyOf: readonly string[] }
  /** A node of the network, by its client certificate; or a token with any one of these scopes, when there are any. */
  | { readonly kind: 'peer'; readonly orAnyOf: readonly string[] };

/** Metadata key under which a route, or its controller, carries its {@link RoutePermission}. */
export const ROUTE_PERMISSION = 'reset-hub:route-permission';

/** Writes the permission on a route or controller. Applications use the decorators of `#access`, which call this. */
export function permit(permission: RoutePermission): MethodDecorator & ClassDecorator {
  return SetMetadata(ROUTE_PERMISSION, permission);
}
