export { factsOf } from './conditions.ts';
export { closesUnplacedFiling, closingProcedure, routeClosing } from './route-closing.ts';
export { procedureOf, route, type Routing } from './route.ts';
export { sameIpa } from './same-ipa.ts';
