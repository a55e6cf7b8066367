import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment } from '../environments';
import { InputError } from '../input-error';
import { runCommand } from './command/command';
import { readPlans } from './plan/plans-to-review';
import { htmlOf } from './review/render/html';
import { markdownOf } from './review/render/markdown';
import { review } from './review/review';

const usage = `Usage: npm run review [-- [<folder or plan.json>] [--accept <risk>]… [--html <file>] [--json]]

Say in words what plans would do, the most harm first: a folder that "npm run plan" wrote (plans/<environment> if none is
named), or what "terraform show -json <plan file>" prints, of Terraform 1.1 or newer, or OpenTofu. It prints Markdown for a
comment of a pull request, 65,000 characters at most. What no rule in ops/review/rules judges is a risk, too.

--accept <risk>           a risk that is meant, by its name; the output has the line that accepts each open one.
                          The environment in environments.ts of a folder's environment has others (acceptedRisks)
--max-changed-items <n>   items of a stack that may change without being a risk (the environment's, or 10)
--html <file>             write the same as one page, which needs no network
--json                    print the type Review in ops/review/review.ts instead

Exit code 0 if every change is harmless by a rule, or accepted; 2 if not, or if environments.ts accepts what no plan has;
1 if it could not be found out.`;

void runCommand({
  usage,
  options: {
    json: { type: 'boolean' },
    html: { type: 'string' },
    accept: { type: 'string', multiple: true },
    'max-changed-items': { type: 'string' },
  },
  words: { expected: 'one plan folder, or one plan as JSON', max: 1 },
  writes: false,
  run: async ({ values, positionals }) => {
    const [path = join('plans', readEnvironment().name)] = positionals;
    const { environment, plans, sizeOf } = await readPlans(path);
    const settings =
      environment === undefined ? undefined : readEnvironment({ SUPERMISSION_ENV: environment });
    const result = review(plans, {
      accepted: values.accept ?? [],
      acceptedRisks: settings?.acceptedRisks,
      secretNames: settings?.secretNames,
      maxChangedItems: readLimit(values['max-changed-items']) ?? settings?.maxChangedItems,
      sizeOf,
    });
    const [unknown] = (values.accept ?? []).filter((name) => !result.risks.some((it) => it.name === name));
    if (unknown !== undefined) {
      const names = result.risks.map(({ name }) => name).join(', ');
      throw problem(
        '--accept',
        'no such risk',
        unknown,
        names === '' ? 'none: there is no risk' : `one of ${names}`,
      );
    }
    if (values.html !== undefined) writeFileSync(values.html, htmlOf(result));
    process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : markdownOf(result));
    return result.status === 'open-risks' ? 2 : 0;
  },
});

function readLimit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,7}$/.test(text)) throw problem('--max-changed-items', 'not a number', text, 'a whole number');
  return Number(text);
}

function problem(where: string, what: string, got: unknown, expected: string): InputError {
  return new InputError({ where, what, got, expected });
}
