import type { Fn } from '../../declarations';
import { type Environment, functionsOf } from '../../environments';
import { functionNames } from '../../stacks/names';
import { functions, project } from '../../system';
import { type Attributes, environment, synthesizeFunctions, synthesizeWeb, web } from './synthesize';

type Web = NonNullable<Environment['web']>;
const prod = { ...environment('prod'), web };
const stackFor = (settings: Partial<Web> = {}, row: Partial<Environment> = {}) =>
  synthesizeWeb({ ...prod, ...row, web: { ...web, ...settings } });
const stack = stackFor();
const routed = functionsOf(prod).flatMap(([, fn]) => (fn.route ? [{ fn, path: fn.route.get }] : []));
const reference = (type: string, address: string, attribute: string) => `\${${type}.${address}.${attribute}}`;

describe('the API', () => {
  it('has the routes that are declared, for GET and HEAD, and no other', () => {
    const keys = Object.values(stack.all('aws_apigatewayv2_route')).map((it) => it.route_key);

    expect(keys.sort()).toEqual(routed.flatMap(({ path }) => [`GET ${path}`, `HEAD ${path}`]).sort());
    expect(keys).toContain('GET /missions/{superhero}');
  });

  it('asks for each route the function that declares it, with payload 2.0', () => {
    for (const { fn, path } of routed) {
      const { target } = Object.values(stack.all('aws_apigatewayv2_route')).find(
        (it) => it.route_key === `GET ${path}`,
      ) as Attributes;
      const [, address = ''] =
        /integrations\/\$\{aws_apigatewayv2_integration\.([\w-]+)\.id\}$/.exec(target) ?? [];
      const integration = stack.all('aws_apigatewayv2_integration')[address];

      expect(integration).toMatchObject({ integration_type: 'AWS_PROXY', payload_format_version: '2.0' });
      expect(integration?.integration_uri).toMatch(new RegExp(`:function:${fn.name}-prod$`));
    }
  });

  it('may call each function for its own routes, and for nothing else', () => {
    const permissions = Object.values(stack.all('aws_lambda_permission'));
    const [api = ''] = Object.keys(stack.all('aws_apigatewayv2_api'));

    expect(permissions.map((it) => [it.function_name, it.source_arn]).sort()).toEqual(
      routed
        .flatMap(({ fn, path }) =>
          ['GET', 'HEAD'].map((method) => [
            functionNames(prod, fn).function,
            `${reference('aws_apigatewayv2_api', api, 'execution_arn')}/*/${method}${path}`,
          ]),
        )
        .sort(),
    );
    for (const it of permissions) {
      expect(it).toMatchObject({ action: 'lambda:InvokeFunction', principal: 'apigateway.amazonaws.com' });
    }
    const ids = permissions.map((it) => `${it.function_name} ${it.statement_id}`);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('serves one stage, which is logged and has a limit', () => {
    const [logGroup = ''] = Object.keys(stack.all('aws_cloudwatch_log_group'));
    const { access_log_settings, ...stage } = stack.only('aws_apigatewayv2_stage');

    expect(stage).toMatchObject({
      name: '$default',
      auto_deploy: true,
      default_route_settings: { throttling_rate_limit: 10, throttling_burst_limit: 20 },
    });
    expect(access_log_settings.destination_arn).toBe(reference('aws_cloudwatch_log_group', logGroup, 'arn'));
    expect(stack.only('aws_cloudwatch_log_group')).toMatchObject({
      name: `/aws/vendedlogs/${project}-prod-web`,
      retention_in_days: 14,
    });
  });

  it('logs neither path nor query, which name what somebody looked for', () => {
    const { format } = stack.only('aws_apigatewayv2_stage').access_log_settings;

    expect(Object.values(JSON.parse(format))).toContain('$context.routeKey');
    expect(format).not.toMatch(/\$context\.(path|requestOverride|authorizer)|query/);
  });
});

describe('who may call', () => {
  const authorizations = (it: typeof stack) =>
    Object.values(it.all('aws_apigatewayv2_route')).map((route) => route.authorization_type);

  it.each<[Web['access'], string]>([
    [{ mode: 'public' }, 'NONE'],
    [{ mode: 'iam' }, 'AWS_IAM'],
    [{ mode: 'jwt', issuer: 'https://issuer.example', audience: ['missions'] }, 'JWT'],
  ])('is decided for every route alike: %j', (access, type) => {
    expect(new Set(authorizations(stackFor({ access })))).toEqual(new Set([type]));
  });

  it('has a token of the issuer for the audience, in every request', () => {
    const jwt = stackFor({ access: { mode: 'jwt', issuer: 'https://issuer.example', audience: ['a', 'b'] } });
    const [authorizer = ''] = Object.keys(jwt.all('aws_apigatewayv2_authorizer'));

    expect(jwt.only('aws_apigatewayv2_authorizer')).toMatchObject({
      authorizer_type: 'JWT',
      identity_sources: ['$request.header.Authorization'],
      jwt_configuration: { issuer: 'https://issuer.example', audience: ['a', 'b'] },
    });
    for (const route of Object.values(jwt.all('aws_apigatewayv2_route'))) {
      expect(route.authorizer_id).toBe(reference('aws_apigatewayv2_authorizer', authorizer, 'id'));
    }
  });

  it('is no page of another site but those that are named', () => {
    expect(stack.only('aws_apigatewayv2_api').cors_configuration).toBeUndefined();
    const cors = (access: Web['access']) =>
      stackFor({ access, corsOrigins: ['https://example.com'] }).only('aws_apigatewayv2_api')
        .cors_configuration;
    const named = { allow_origins: ['https://example.com'], allow_methods: ['GET', 'HEAD'] };
    expect(cors({ mode: 'public' })).toEqual(named);
    expect(cors({ mode: 'jwt', issuer: 'https://issuer.example', audience: ['a'] })).toEqual({
      ...named,
      allow_headers: ['authorization'],
    });
  });
});

describe('the stack', () => {
  it('is planned without the functions: it reads no state and refers to no resource of another stack', () => {
    expect(JSON.stringify(stack)).not.toContain('terraform_remote_state');
    expect(JSON.stringify(stack)).not.toContain('aws_lambda_function.');
  });

  it('has names of its own in each environment', () => {
    const names = (name: string) => {
      const stack = synthesizeWeb({ ...environment(name), web });
      return [stack.only('aws_apigatewayv2_api').name, stack.only('aws_cloudwatch_log_group').name];
    };
    expect(names('prod').filter((name) => names('lab').includes(name))).toEqual([]);
  });

  it('raises an alarm on errors of the API, which the functions do not count', () => {
    const alarmTopicArn = 'arn:aws:sns:us-east-1:123456789012:operators';

    expect(stack.all('aws_cloudwatch_metric_alarm')).toEqual({});
    expect(stackFor({}, { alarmTopicArn }).only('aws_cloudwatch_metric_alarm')).toMatchObject({
      alarm_name: `${project}-prod-web-errors`,
      namespace: 'AWS/ApiGateway',
      metric_name: '5xx',
      dimensions: { ApiId: expect.stringMatching(/aws_apigatewayv2_api\..*\.id/) },
      alarm_actions: [alarmTopicArn],
    });
  });

  it('outputs where the web is', () => {
    expect(Object.keys(stack.output).sort()).toEqual(['state_location', 'web_log_group', 'web_url']);
  });
});

describe('the functions of an environment with a web', () => {
  const [withWeb, without] = [prod, environment('prod')].map((row) =>
    Object.values(synthesizeFunctions(row).all('aws_lambda_function')),
  ) as [Attributes[], Attributes[]];
  const named = (all: Attributes[], { name }: Fn) => all.find((it) => it.function_name === `${name}-prod`);

  it('answer over HTTP, and know their route', () => {
    for (const { fn } of routed) {
      expect(named(withWeb, fn)).toMatchObject({
        handler: 'http.handler',
        environment: { variables: { ROUTE: JSON.stringify(fn.route) } },
      });
    }
  });

  it('do neither where there is no web', () => {
    for (const it of without) {
      expect(it.handler).toBe('index.handler');
      expect(it.environment.variables).not.toHaveProperty('ROUTE');
    }
  });

  it('are those that are for the web only beside the others', () => {
    const all = Object.values<Fn>(functions);
    expect(withWeb).toHaveLength(all.length);
    expect(without).toHaveLength(all.filter((fn) => !fn.webOnly).length);
  });
});
