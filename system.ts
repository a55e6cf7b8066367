import type { Fn, Route, Table } from './declarations';

/** The project's name: in state keys, tags, state buckets and what the pipeline is made of. */
export const project = 'supermission';

export const missions = {
  name: 'SuperMissionTable',
  key: { SuperHero: 'S' },
  seed: 'seed-data/super-missions.json',
  visibleAttributes: ['SuperHero', 'MissionStatus', 'Villain1', 'Villain2', 'Villain3'],
  label: 'table',
} as const satisfies Table;

/** The tables by their construct ids, which are a contract: another one replaces the table. */
export const tables = { missions } as const satisfies Record<string, Table>;

/** What is answered over HTTP where an environment has a web, and asked for by its page. */
export const listRoute = {
  get: '/missions',
  query: { limit: 'number', cursor: 'text' },
} as const satisfies Route;
export const detailsRoute = {
  get: '/missions/{superhero}',
  query: { attributes: 'list' },
} as const satisfies Route;

/** The functions by their construct ids: as much of a contract, and the beginnings of the names of their folders. */
export const functions = {
  'super-dynamodb': {
    name: 'SuperDynamoDBFunction',
    role: 'SuperDynamoDBRole',
    policy: { id: 'scan', name: 'Super-DynamoDBScanPolicy' },
    reads: [{ scan: missions }],
    route: listRoute,
    notebookPolicy: {
      sid: 'ScanAndLoad',
      actions: ['dynamodb:Scan', 's3:GetObject', 's3:PutObject', 'dynamodb:BatchWriteItem'],
    },
    smoke: [
      { event: { superhero: 'Superman' }, answers: 'all items' },
      { event: { limit: 10 }, answers: 'a page' },
    ],
  },
  'mission-details': {
    name: 'MissionDetailsFunction',
    role: 'SuperDynamoDbQueryRole',
    policy: { id: 'query', name: 'SuperDynamoDBQueryPolicy' },
    reads: [{ query: missions, attributes: 'visible' }],
    route: detailsRoute,
    notebookPolicy: {
      sid: 'QueryAttributes',
      actions: ['dynamodb:Query'],
      attributes: 'visible',
    },
    smoke: [
      { event: { superhero: 'Superman' }, answers: 'a query', by: { superhero: 'SuperHero' } },
      { event: { superhero: 'Ironman' }, answers: 'a query', by: { superhero: 'SuperHero' } },
      { event: 'each item', answers: 'a query', by: { superhero: 'SuperHero' } },
    ],
  },
  'web-page': {
    name: 'MissionsPageFunction',
    reads: [],
    route: { get: '/', speaksHttp: true },
    webOnly: true,
    smoke: [{ event: {}, answers: 'HTML' }],
  },
} as const satisfies Record<string, Fn>;

/** A table's id. */
export type TableId = keyof typeof tables;

/** A function's id. */
export type FunctionId = keyof typeof functions;
