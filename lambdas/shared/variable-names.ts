import { type Table, tableLabel } from '../../declarations';

/** Names of the functions' environment variables, shared by the stack that sets them and the handlers that read them. */
export const variables = {
  /** The function's own name. */
  name: 'Name',
  /** The stage the function serves. */
  environment: 'Environment',
  /** Whether the function answers with `all` attributes, or only with the `visible` ones that its declaration names. */
  attributes: 'ATTRIBUTES',
} as const;

/** The variable that holds the name of a table to read. */
export function tableVariable(table: Table): string {
  return `${tableLabel(table).toUpperCase()}_NAME`;
}

/** The variable that holds a function's route, in JSON, where it answers over HTTP. */
export const routeVariable = 'ROUTE';
