/** Nest token of the node that the application runs on. */
export const OPEN_NODE = Symbol('OpenNode');
