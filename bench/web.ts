import { marshall } from '@aws-sdk/util-dynamodb';
import type { Fn, Route } from '../declarations';
import { routeVariable } from '../lambdas/shared/variable-names';
import superMissions from '../seed-data/super-missions.json';
import { handlerBundles } from '../stacks/handler-bundles';
import { entries } from '../stacks/names';
import { type FunctionId, functions } from '../system';
import { fillTable, startDynalite } from './dynamodb';
import { type Life, live, subjectOf } from './functions';
import { interleave, quantile } from './measure';
import { type Goal, goal, type Measure, measureOf, ours, type Result } from './result';

const direct = 'floor: called directly';

/** Requests of API Gateway, answered by the handlers that have a route, beside the same handlers called directly. */
export async function benchWeb(): Promise<Result> {
  const bundles = await handlerBundles;
  const database = await startDynalite();
  try {
    await fillTable(
      database,
      superMissions.map((mission) => marshall(mission)),
    );
    const measures: Measure[] = [];
    const goals: Goal[] = [];
    for (const [id, { route }] of Object.entries<Fn>(functions)) {
      // Of a handler that speaks HTTP itself there is no answer to compare with.
      if (!route || route.speaksHttp) continue;
      const folders = bundles[id as FunctionId];
      const subjects = {
        [ours]: {
          ...subjectOf(folders.overHttp, entries.overHttp),
          event: requestFor(route),
          variables: { [routeVariable]: JSON.stringify(route) },
        },
        [direct]: subjectOf(folders.direct, entries.direct),
      };
      const each = Object.entries(subjects);
      const lives = await interleave<Life>(
        Object.fromEntries(each.map(([name, it]) => [name, () => live(it, database)])),
        Number(process.env.BENCH_ROUNDS ?? 8),
      );
      const sizes = Object.fromEntries(each.map(([name, it]) => [name, [it.zipBytes]]));
      const name = (what: string) => `GET ${route.get}: ${what}`;
      const p50 = measureOf(name('warm p50, ms'), lives, ({ warm }) => quantile(warm, 0.5));
      measures.push(
        measureOf(name('zip, kB'), sizes, (bytes) => bytes / 1000),
        measureOf(name('cold, ms'), lives, ({ coldMs }) => coldMs),
        p50,
        measureOf(name('warm p99, ms'), lives, ({ warm }) => quantile(warm, 0.99)),
      );
      goals.push(...goal(p50, direct, 1.15));
    }
    const notes = [
      `${ours}: events of API Gateway, payload 2.0, and whole responses with their headers; warm and cold as in functions`,
      `${direct}: the same handler with the event that the request stands for, without the adapter`,
    ];
    return { measures, goals, missing: [], notes };
  } finally {
    await database.stop();
  }
}

function requestFor({ get }: Route) {
  const path = get.replaceAll(/\{\w+\}/g, 'Superman');
  return {
    version: '2.0',
    routeKey: `GET ${get}`,
    rawPath: path,
    rawQueryString: '',
    headers: { accept: 'application/json' },
    requestContext: { http: { method: 'GET', path } },
  };
}
