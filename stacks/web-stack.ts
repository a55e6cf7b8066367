import { Apigatewayv2Api } from '@cdktf/provider-aws/lib/apigatewayv2-api';
import { Apigatewayv2Authorizer } from '@cdktf/provider-aws/lib/apigatewayv2-authorizer';
import { Apigatewayv2Integration } from '@cdktf/provider-aws/lib/apigatewayv2-integration';
import { Apigatewayv2Route } from '@cdktf/provider-aws/lib/apigatewayv2-route';
import { Apigatewayv2Stage } from '@cdktf/provider-aws/lib/apigatewayv2-stage';
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { LambdaPermission } from '@cdktf/provider-aws/lib/lambda-permission';
import type { Construct } from 'constructs';
import type { Fn, Route } from '../declarations';
import { type Environment, functionsOf } from '../environments';
import { Alarms } from './constructs/alarms';
import { EnvironmentStack, type EnvironmentStackProps } from './constructs/environment-stack';
import { functionNames, stackNames, webNames } from './names';

export interface WebStackProps extends EnvironmentStackProps {
  readonly web: NonNullable<Environment['web']>;
}

/** Methods by which a route is asked: a route of API Gateway for GET answers no HEAD. */
const methods = ['GET', 'HEAD'] as const;

/** What says who calls. */
const credentialHeaders: Readonly<Record<'iam' | 'jwt', readonly string[]>> = {
  iam: ['authorization', 'x-amz-date', 'x-amz-security-token'],
  jwt: ['authorization'],
};

/** What is logged of a call: never a path or a query, which name what somebody looked for. */
const logFormat = JSON.stringify({
  requestId: '$context.requestId',
  functionRequestId: '$context.integration.requestId',
  time: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  bytes: '$context.responseLength',
  durationMs: '$context.responseLatency',
  error: '$context.error.message',
});

/** The functions that have a route, over HTTP: an API with exactly these routes, which may call exactly these functions. */
export class WebStack extends EnvironmentStack {
  constructor(scope: Construct, { web, ...props }: WebStackProps) {
    super(scope, stackNames.web, props);
    const { environment } = this;
    const names = webNames(environment);
    // Built from names, so that this stack can be planned before the functions exist.
    const { partition } = new DataAwsPartition(this, 'partition');
    const { accountId } = new DataAwsCallerIdentity(this, 'account');

    const api = new Apigatewayv2Api(this, 'api', {
      name: names.api,
      protocolType: 'HTTP',
      ...(web.corsOrigins.length > 0 && {
        corsConfiguration: {
          allowOrigins: web.corsOrigins,
          allowMethods: [...methods],
          ...(web.access.mode !== 'public' && { allowHeaders: [...credentialHeaders[web.access.mode]] }),
        },
      }),
    });
    const authorization = this.authorization(api, web);
    for (const [id, fn] of functionsOf(environment)) {
      if (!fn.route) continue;
      const name = functionNames(environment, fn).function;
      const functionArn = `arn:${partition}:lambda:${environment.region}:${accountId}:function:${name}`;
      this.route(id, api, { functionArn, name, route: fn.route }, authorization);
    }

    const logGroup = new CloudwatchLogGroup(this, 'log-group', {
      name: names.logGroup,
      retentionInDays: web.logRetentionDays,
    });
    new Apigatewayv2Stage(this, 'stage', {
      apiId: api.id,
      name: '$default',
      autoDeploy: true,
      accessLogSettings: { destinationArn: logGroup.arn, format: logFormat },
      defaultRouteSettings: {
        throttlingRateLimit: web.throttling.requestsPerSecond,
        throttlingBurstLimit: web.throttling.burst,
      },
    });
    if (environment.alarmTopicArn) {
      new Alarms(this, 'alarms', {
        topicArn: environment.alarmTopicArn,
        functionNames: [],
        timeoutSeconds: environment.timeoutSeconds,
        operations: [],
        apis: [{ name: names.api, id: api.id }],
      });
    }
    this.output('web_url', api.apiEndpoint);
    this.output('web_log_group', logGroup.name);
  }

  /** Who may call, as a route says it. */
  private authorization(api: Apigatewayv2Api, { access }: WebStackProps['web']) {
    if (access.mode === 'public') return { authorizationType: 'NONE' };
    if (access.mode === 'iam') return { authorizationType: 'AWS_IAM' };
    const authorizer = new Apigatewayv2Authorizer(this, 'authorizer', {
      apiId: api.id,
      name: api.name,
      authorizerType: 'JWT',
      identitySources: ['$request.header.Authorization'],
      jwtConfiguration: { issuer: access.issuer, audience: access.audience },
    });
    return { authorizationType: 'JWT', authorizerId: authorizer.id };
  }

  private route(
    id: string,
    api: Apigatewayv2Api,
    { functionArn, name, route }: { functionArn: string; name: Fn['name']; route: Route },
    authorization: { readonly authorizationType: string; readonly authorizerId?: string },
  ): void {
    const integration = new Apigatewayv2Integration(this, `${id}-integration`, {
      apiId: api.id,
      integrationType: 'AWS_PROXY',
      // Of the invocation, whatever the method of the request.
      integrationMethod: 'POST',
      integrationUri: functionArn,
      payloadFormatVersion: '2.0',
    });
    for (const method of methods) {
      const end = method.toLowerCase();
      new Apigatewayv2Route(this, `${id}-${end}-route`, {
        apiId: api.id,
        routeKey: `${method} ${route.get}`,
        target: `integrations/${integration.id}`,
        ...authorization,
      });
      new LambdaPermission(this, `${id}-${end}-permission`, {
        statementId: `${stackNames.web}-${end}`,
        functionName: name,
        action: 'lambda:InvokeFunction',
        principal: 'apigateway.amazonaws.com',
        sourceArn: `${api.executionArn}/*/${method}${route.get}`,
      });
    }
  }
}
