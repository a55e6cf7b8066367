import { htmlOf } from '../../../../ops/review/render/html';
import { markdownOf } from '../../../../ops/review/render/markdown';
import { mermaidOf } from '../../../../ops/review/render/mermaid';
import { review } from '../../../../ops/review/review';
import { type Plan, readPlan } from '../../../../ops/terraform/plan-json';
import { largePlan } from '../large-plan';

const hostile = 'x`|]"<img src=x onerror=alert(1)>\n# @all #1 https://a.b www.a.b $x$ **b** \u202egnp';

/** A plan of one change whose every text is hostile. */
const hostilePlan = {
  format_version: '1.2',
  resource_changes: [
    {
      address: `terraform_data.x[${JSON.stringify(hostile)}]`,
      mode: 'managed',
      type: hostile,
      change: {
        actions: ['delete', 'create'],
        before: { [hostile]: hostile },
        after: { [hostile]: `${hostile}2` },
        replace_paths: [[hostile]],
      },
    },
    {
      address: 'a.b',
      type: 'a',
      mode: 'managed',
      change: { actions: ['update'], before: { a: '```' }, after: { a: '````\n@all' } },
    },
  ],
  output_changes: { [hostile]: { actions: ['update'], before: hostile, after: '' } },
} as unknown as Plan;

const large = review([{ stack: 'large', plan: readPlan(JSON.stringify(largePlan(1_000)), 'plan') }]);

describe('the comment', () => {
  it('holds of a plan of 1,000 resources what matters most, and says what it has left out', () => {
    const text = markdownOf(large);

    expect(text.length).toBeLessThanOrEqual(65_000);
    expect(text).toMatch(
      /^\*\*Destroys data: aws\\_dynamodb\\_table\.r0 would be replaced \(name\): its items are lost; and 800 more risks\*\*\n/,
    );
    expect(text).toContain('… shortened');
    expect(large.findings).toHaveLength(1_401);
    for (const [title, size] of Object.entries({
      'Destroyed and replaced': 200,
      'Wider access': 200,
      'Weaker protection': 200,
      Items: 201,
    })) {
      expect(text).toContain(`### ${title} (${size})`);
    }
  });

  it('draws no more than can be read', () => {
    const { graph } = large;

    expect(graph.nodes.length).toBeLessThanOrEqual(60);
    expect(graph.edges.length).toBeLessThanOrEqual(150);
    expect(graph.nodes.length + graph.leftOut).toBe(801);
    expect(graph.nodes.filter(({ action }) => action === 'replace').length).toBeGreaterThan(50);
  });

  it('keeps to the limit when a single text is beyond it', () => {
    const name = 'n'.repeat(100_000);
    const change = { actions: ['update'], before: { [name]: name }, after: { [name]: 'x' } };
    const plan = {
      resource_changes: [{ address: `a.${name}`, type: 'a', mode: 'managed', change }],
      output_changes: { [name]: change },
    };
    expect(markdownOf(review([{ stack: 'large', plan }])).length).toBeLessThanOrEqual(65_000);
  });

  const outsideCode = (text: string) => text.replaceAll('\\`', '').replace(/(`+)[\s\S]*?[^`]\1(?!`)/g, '');

  it('shows names that are meant to break it as they are', () => {
    const text = markdownOf(review([{ stack: 'any', plan: hostilePlan }]));
    const rest = outsideCode(text).replace(/<\/?(details|summary)>|<br>|<!-- -->|&#\d+;/g, '\u2063');

    expect(rest).not.toMatch(/</);
    expect(rest).not.toMatch(/[@#$](\w|\d)|https?:\/\/|www\./);
    expect(text).not.toMatch(/\u202e/);
    expect(rest).toContain('\\u{202e}');
  });

  it('ends no block of code before its end', () => {
    const text = markdownOf(review([{ stack: 'any', plan: hostilePlan }]));
    expect(text).toContain('`````text\n  a: "```" → "````\\n@all"\n  `````');
  });
});

describe('the dependency graph in the comment', () => {
  it('has nothing in a label that means something to Mermaid', () => {
    const { graph } = review([{ stack: 'a"]; click', plan: hostilePlan }]);
    const lines = mermaidOf(graph).split('\n');

    for (const line of lines.filter((it) => it.includes('["'))) {
      expect(line).toMatch(/^ +(subgraph )?[ns]\d+\["([\w.\-/ …×]|#\d+;|<br>)*"\](:::\w+)?$/);
    }
  });
});

describe('the page', () => {
  it('holds no markup but its own', () => {
    const page = htmlOf(review([{ stack: '<b>', plan: hostilePlan }]));
    expect(page).not.toMatch(/<(img|script|b)\b/);
    expect(page).not.toContain('\u202e');
    expect(page).toContain('&#60;img src=x onerror=alert(1)&#62;');
  });
});
