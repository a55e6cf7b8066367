// Reads the table page by page as the function that lists it does.
import { scanPages } from '../../lambdas/shared/read-table';

async function main() {
  const usage = { pages: 0, items: 0, readCapacityUnits: 0 };
  for await (const _ of scanPages({ signal: new AbortController().signal, usage }));
  console.log(usage.items);
  process.exit();
}

main();
