/** Names of the functions' environment variables, shared by the stack that sets them and the handlers that read them. */
export const variables = {
  /** The function's own name. */
  name: 'Name',
  /** The stage the function serves. */
  environment: 'Environment',
  /** Name of the table to read. */
  tableName: 'TABLE_NAME',
  /** Which attributes `MissionDetailsFunction` answers with: `all`, or only the `visible` ones. */
  attributes: 'ATTRIBUTES',
} as const;
