// Reads the table page by page as the function that lists it does.
import { scanPages } from '../lambdas/shared/read-table';
import { missions } from '../system';

async function main() {
  const usage = { pages: 0, items: 0, readCapacityUnits: 0 };
  const invocation = { signal: new AbortController().signal, usage };
  for await (const _ of scanPages(missions, {}, invocation));
  console.log(usage.items);
  process.exit();
}

void main();
