export { factsOf, holds } from './conditions.ts';
export { decide, type DecisionInput } from './decide.ts';
export { recipientsOf } from './recipients.ts';
export { closesUnplacedFiling, closingProcedure, routeClosing } from './route-closing.ts';
export { procedureOf, route, type Routing } from './route.ts';
export { sameIpa } from './same-ipa.ts';
