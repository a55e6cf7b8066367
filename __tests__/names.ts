import { readEnvironment } from '../environments';
import { functionNames, tableName } from '../stacks/names';
import { functions, missions } from '../system';

const local = readEnvironment({});

/** What the table and the functions are called in the environments `local` and `lab`. */
export const names = {
  table: tableName(local, missions),
  list: functionNames(local, functions['super-dynamodb']),
  details: functionNames(local, functions['mission-details']),
  page: functionNames(local, functions['web-page']),
};

/** The attribute that tells the items of the table apart. */
export const [partitionKey] = Object.keys(missions.key) as [keyof typeof missions.key];
