import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';

import { HubError } from '#errors';
import { ROUTE_PERMISSION } from '#platform';

interface Controller {
  readonly name: string;
  readonly prototype: unknown;
}

/** Stops the start of an application that has a route of which nobody said who may call it. */
@Injectable()
export class PermissionCheck implements OnModuleInit {
  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

  /** @throws HubError `ROUTE_WITHOUT_PERMISSION`: `details.routes` is a list of `Controller.method` */
  onModuleInit(): void {
    const routes = [...this.modules.values()]
      .flatMap((module) => [...module.controllers.values()])
      .flatMap(({ metatype }) => (typeof metatype === 'function' ? this.#openRoutes(metatype) : []));
    if (routes.length === 0) return;
    throw new HubError(
      'ROUTE_WITHOUT_PERMISSION',
      `add @Requires(…), @RequiresPeer() or @Public() to ${routes.join(', ')}`,
      { details: { routes } },
    );
  }

  #openRoutes(controller: Controller): string[] {
    if (typeof controller.prototype !== 'object' || controller.prototype === null) return [];
    const methods = controller.prototype as Readonly<Record<string, unknown>>;
    return new MetadataScanner().getAllMethodNames(controller.prototype).flatMap((name) => {
      const handler = methods[name];
      const isRoute = typeof handler === 'function' && Reflect.hasMetadata(PATH_METADATA, handler);
      const isNamed = [handler, controller].some(
        (target) => typeof target === 'function' && Reflect.hasMetadata(ROUTE_PERMISSION, target),
      );
      return isRoute && !isNamed ? [`${controller.name}.${name}`] : [];
    });
  }
}
