import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findExisting } from '../../../ops/adopt/find-existing';
import type { Configuration } from '../../../ops/terraform/stack-terraform';
import { functionNames, webNames } from '../../../stacks/names';
import { functions } from '../../../system';
import { environment, synthesizeWeb, web } from '../../stacks/synthesize';

const row = { ...environment('prod'), web };
const { api: name, logGroup } = webNames(row);
const { function: details } = functionNames(row, functions['mission-details']);
const configuration = synthesizeWeb(row) as unknown as Configuration;
const named = (type: string) => Object.entries(configuration.resource[type] ?? {});

/** AWS at the thinnest seam: what it has by the paths that are asked for, and nothing elsewhere. */
let aws: Server;
let has: Record<string, unknown>;
beforeEach(async () => {
  has = {};
  aws = createServer(({ url = '' }, response) => {
    const path = url.replace(/\?.*/, '');
    const isMissing = path.endsWith('/policy') && !has[path];
    const type = isMissing ? { 'x-amzn-errortype': 'ResourceNotFoundException' } : {};
    response.writeHead(isMissing ? 404 : 200, type).end(JSON.stringify(has[path] ?? {}));
  }).listen(0, '127.0.0.1');
  await once(aws, 'listening');
});
afterEach(() => {
  aws.close();
  aws.closeAllConnections();
});

const find = () =>
  findExisting(configuration, new Set(), {
    endpoint: `http://127.0.0.1:${(aws.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

/** All of the web, as it was made and forgotten. */
function everything(): Record<string, unknown> {
  const integrated = named('aws_apigatewayv2_integration').map(
    ([, { integration_uri: uri }]) => String(uri).split(':function:')[1],
  );
  const policy = { Statement: ['web-get', 'web-head'].map((Sid) => ({ Sid })) };
  return {
    '/': { logGroups: [{ logGroupName: logGroup }] },
    '/v2/apis': {
      items: [
        { name: 'another', apiId: 'other' },
        { name, apiId: 'abc' },
      ],
    },
    '/v2/apis/abc/stages': { items: [{ stageName: '$default' }] },
    '/v2/apis/abc/routes': {
      items: named('aws_apigatewayv2_route').map(([id, { route_key: routeKey }]) => ({
        routeKey,
        routeId: `of-${id}`,
      })),
    },
    '/v2/apis/abc/integrations': {
      items: integrated.map((it) => ({
        integrationId: `of-${it}`,
        integrationUri: `arn:aws:lambda:us-east-1:123456789012:function:${it}`,
      })),
    },
    ...Object.fromEntries(
      integrated.map((it) => [`/2015-03-31/functions/${it}/policy`, { Policy: JSON.stringify(policy) }]),
    ),
  };
}

it('finds nothing in an account that has none of it', async () => {
  expect(await find()).toEqual({ imports: [], items: [], notLookedFor: [] });
});

it('finds the whole web by its names: every resource that the stack defines, as the provider imports it', async () => {
  has = everything();

  const { imports, notLookedFor } = await find();

  const defined = Object.entries(configuration.resource).flatMap(([type, byName]) =>
    Object.keys(byName).map((it) => `${type}.${it}`),
  );
  expect(imports.map(({ to }) => to).sort()).toEqual(defined.sort());
  expect(notLookedFor).toEqual([]);
  const ids = Object.fromEntries(imports.map(({ to, id }) => [to, id]));
  expect(ids).toMatchObject({
    'aws_apigatewayv2_api.api': 'abc',
    'aws_apigatewayv2_stage.stage': 'abc/$default',
    'aws_apigatewayv2_route.mission-details-get-route': 'abc/of-mission-details-get-route',
    'aws_apigatewayv2_integration.mission-details-integration': `abc/of-${details}`,
    'aws_lambda_permission.mission-details-head-permission': `${details}/web-head`,
    'aws_cloudwatch_log_group.log-group': logGroup,
  });
});

it('leaves out what is not there', async () => {
  has = { ...everything(), '/v2/apis/abc/routes': { items: [] } };
  const found = (await find()).imports.map(({ to }) => to);
  expect(found.filter((it) => it.startsWith('aws_apigatewayv2_route.'))).toEqual([]);
  expect(found).toContain('aws_apigatewayv2_api.api');
});

it('fails when there are two APIs of the name, and takes neither', async () => {
  has = {
    ...everything(),
    '/v2/apis': {
      items: [
        { name, apiId: 'abc' },
        { name, apiId: 'def' },
      ],
    },
  };
  await expect(find()).rejects.toThrow(
    `API ${name}: several of that name, got ["abc","def"]; expected one at most`,
  );
});
