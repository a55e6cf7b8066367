import { foreignAmong, foreignProviders } from '../../../ops/terraform/foreign-providers';
import { readState, stateText } from '../../../ops/terraform/state-text';

const aws = 'provider["registry.terraform.io/hashicorp/aws"]';
const evil = 'provider["registry.terraform.io/evil/rce"]';
const resource = {
  mode: 'managed',
  type: 'a',
  name: 'b',
  provider: aws,
  instances: [{ attributes: { n: 1 } }],
};
const state = {
  version: 4,
  terraform_version: '1.11.4',
  serial: 1,
  lineage: 'ours',
  outputs: {},
  resources: [resource],
};
const text = (more: object) => JSON.stringify({ ...state, ...more });

describe('a state', () => {
  it('is written as it was read, numbers beyond the precision of JavaScript included', () => {
    const exact = text({}).replace('"n":1', '"n":9007199254740993');

    expect(JSON.stringify(JSON.parse(stateText(readState(exact, 'state'))))).toBe(
      JSON.stringify(JSON.parse(exact)),
    );
    expect(stateText(readState(exact, 'state'))).toContain('9007199254740993');
  });

  it.each([
    ['JSON', '{', /^state: not a state/],
    ['of another version', text({ version: 3 }), /^state: version: not a state that can be judged/],
    // Go's JSON reader takes the last of these for `resources`, and of these for `provider`.
    ['a member in another case', text({ Resources: [] }), /Unrecognized key: \\?"Resources\\?"/],
    ['a member in another letter', text({ re\u017fources: [] }), /Unrecognized key/],
    [
      'a member of a resource in another case',
      text({ resources: [{ ...resource, Provider: evil }] }),
      /^state: resources: 0: not a state that can be judged, got "Unrecognized key: \\"Provider/,
    ],
    [
      'a member twice',
      text({}).replace('{', '{"resources":[],'),
      /not a state, got "Duplicate key 'resources'/,
    ],
  ])('fails to be read when it is not %s alone', (_, content, message) => {
    expect(() => readState(content, 'state')).toThrow(message);
  });
});

describe('the providers of a state', () => {
  const configuration = (...sources: string[]) => ({
    terraform: { required_providers: Object.fromEntries(sources.map((source) => [source, { source }])) },
  });
  const of = (...resources: object[]) => readState(text({ resources }), 'state');

  it.each([['aws'], ['hashicorp/aws'], ['registry.terraform.io/hashicorp/aws']])(
    'are known when the configuration has them as %s',
    (source) => {
      expect(foreignProviders(of(resource), configuration(source))).toEqual([]);
    },
  );

  it('are known by the registry of OpenTofu, too, where the configuration names none', () => {
    const opentofu = 'provider["registry.opentofu.org/hashicorp/aws"]';

    expect(foreignAmong([opentofu], configuration('aws'))).toEqual([]);
    expect(foreignAmong([opentofu], configuration('registry.terraform.io/hashicorp/aws'))).toEqual([
      opentofu,
    ]);
  });

  it.each([
    ['of somebody else', { ...resource, provider: evil }, evil],
    ['of a data source', { ...resource, mode: 'data', provider: evil }, evil],
    ['in a module', { ...resource, module: 'module.x', provider: `module.x.${aws}` }, `module.x.${aws}`],
    ['under an alias', { ...resource, provider: `${aws}.other` }, `${aws}.other`],
    ['in the form of old', { ...resource, provider: 'provider.aws' }, 'provider.aws'],
    ['of an instance', { ...resource, instances: [{ instance_provider: evil }] }, evil],
    ['of another host', { ...resource, provider: 'provider["evil.example/hashicorp/aws"]' }, /evil\.example/],
  ])('are foreign when one is %s', (_, it, expected) => {
    expect(foreignProviders(of(it), configuration('aws', 'hashicorp/archive'))).toEqual([
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    ]);
  });
});
