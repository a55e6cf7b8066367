import { goldenSet, judgementOf, reviewMade } from '../ops/review/golden-set';
import { makePlans } from '../ops/review/make-plans';
import { itWithTerraform } from './terraform-needed';

describe('the golden set, made anew from the stacks as they are', () => {
  itWithTerraform(
    'is judged as the files that are kept',
    async () => {
      const judged: Record<string, unknown> = {};
      for await (const [kind, made] of makePlans(Object.keys(goldenSet))) {
        judged[kind] = judgementOf(reviewMade(made), kind);
      }

      expect(judged).toEqual(goldenSet);
    },
    3_600_000,
  );
});
