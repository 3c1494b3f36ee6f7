/** The object with some of its members replaced; the others work on the object itself. */
export function over<T extends object>(target: T, other: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name): unknown => {
      if (Object.hasOwn(other, name)) return Reflect.get(other, name);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
