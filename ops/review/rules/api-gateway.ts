import { isHidden } from '../../terraform/plan-json';
import { describeChange, harms, show } from '../finding';
import { cors } from './lambda';
import {
  capacity,
  computed,
  endsFor,
  fine,
  gives,
  handsOn,
  harmless,
  identity,
  isSet,
  label,
  type Rule,
  risk,
  stays,
  staysOn,
  staysOnceSet,
  type TypeRules,
  tags,
  timeouts,
} from './rule';

const goneWithRoute = 'gone with the route';

/** Without an authorizer a route is for everybody. */
const authorization: Rule = ({ path, before, after, origin, view }) => {
  const isOpen = (value: unknown) => !isSet(value) || value === 'NONE';
  if (!view.after) return fine(goneWithRoute);
  if (origin === 'existing' && isOpen(before)) return fine('it was open before');
  const change = describeChange({ path, expected: after, found: before });
  if (isOpen(after)) {
    return risk('access', `everybody may call ${show(view.after.route_key)} (${change})`, harms.worst);
  }
  return origin === 'existing' || isHidden(after)
    ? risk('access', `others may call it (${change})`)
    : fine('callers are asked who they are');
};

/** Who may call is decided by something else. */
const authorizing: Rule = (change) =>
  change.origin === 'new' || (change.origin === 'attached' && !isHidden(change.after))
    ? fine('part of what is new')
    : stays('access', 'others may call it')(change);

const answering = stays('service', 'it answers something else');
const throttling: Rule = (change) => {
  if (change.after === 0) return risk('service', 'nobody may call it any more');
  return change.origin === 'existing' && isHidden(change.after)
    ? risk('service', 'it may be that nobody may call it any more')
    : capacity(change);
};

/** @param ofNew - why it is harmless for a new route */
const ofRoute =
  (rule: Rule, ofNew: string): Rule =>
  (change) => {
    if (!change.view.after) return fine(goneWithRoute);
    return change.origin === 'attached' ? fine(ofNew) : rule(change);
  };

/** Who is let in by a new authorizer. */
const lettingIn =
  (giving: string): Rule =>
  (change) =>
    change.origin === 'new' ? gives('access', giving)(change) : authorizing(change);

/** A function of this account says itself, by its permission, that it may be called. */
const integration: Rule = (change) => {
  const { after, origin, view, context } = change;
  if (origin === 'existing') return answering(change);
  const [, account = 'none'] = /:lambda:[\w-]*:(\d{12}):function:/.exec(String(after)) ?? [];
  const written = context.writtenAs(view, 'integration_uri') ?? '';
  const isOwn =
    /^\$\{aws_lambda_function\.[\w-]+\.(invoke_)?arn\}$/.test(written) ||
    context.known('aws_caller_identity').some((it) => it.account_id === account);
  return isOwn
    ? fine('a function of this account, which has to permit it')
    : risk('access', `hands calls to ${show(after)}`);
};

/** A route that comes with the API is for everybody. */
const quickRoute: Rule = ({ after, before, path }) =>
  isSet(after)
    ? risk(
        'access',
        `everybody may call it (${describeChange({ path, expected: after, found: before })})`,
        harms.worst,
      )
    : risk('service', 'it answers nothing any more');

const routeSettings = {
  data_trace_enabled: stays('access', 'what callers send is logged, or no longer is'),
  detailed_metrics_enabled: capacity,
  logging_level: stays('protection', 'less may be logged'),
  throttling_burst_limit: throttling,
  throttling_rate_limit: throttling,
};

export const apiGateway: Readonly<Record<string, TypeRules>> = {
  aws_apigatewayv2_api: {
    ended: endsFor('who calls it gets an error, and a new one has another address'),
    attributes: {
      ...tags,
      api_endpoint: computed,
      api_key_selection_expression: stays('access', 'keys are taken from elsewhere'),
      arn: computed,
      body: gives('access', 'has the routes of a document:'),
      cors_configuration: { members: cors },
      credentials_arn: gives('access', 'calls with the rights of'),
      description: label,
      disable_execute_api_endpoint: (change) =>
        change.after === true
          ? change.origin === 'new'
            ? fine('it answers under its own name only')
            : risk('service', 'its address answers no more')
          : staysOn('it answers under its other address as well', 'access')(change),
      execution_arn: computed,
      fail_on_warnings: harmless('how it is made'),
      id: computed,
      ip_address_type: harmless('by which protocol it is reached'),
      name: label,
      protocol_type: identity,
      region: identity,
      route_key: quickRoute,
      route_selection_expression: answering,
      target: quickRoute,
      version: label,
    },
  },
  aws_apigatewayv2_authorizer: {
    ended: endsFor('nobody is let in by it any more'),
    attributes: {
      api_id: identity,
      authorizer_credentials_arn: authorizing,
      authorizer_payload_format_version: authorizing,
      authorizer_result_ttl_in_seconds: authorizing,
      authorizer_type: authorizing,
      authorizer_uri: lettingIn('lets in whom it asks:'),
      enable_simple_responses: authorizing,
      id: computed,
      identity_sources: authorizing,
      jwt_configuration: {
        members: { audience: lettingIn('takes tokens for'), issuer: lettingIn('takes tokens of') },
      },
      name: label,
      region: identity,
      timeouts: { block: timeouts },
    },
  },
  aws_apigatewayv2_integration: {
    ended: endsFor('its routes answer with an error'),
    attributes: {
      api_id: identity,
      connection_id: answering,
      connection_type: answering,
      content_handling_strategy: answering,
      credentials_arn: gives('access', 'calls with the rights of'),
      description: label,
      id: computed,
      integration_method: answering,
      integration_response_selection_expression: computed,
      integration_subtype: answering,
      integration_type: answering,
      integration_uri: integration,
      passthrough_behavior: answering,
      payload_format_version: answering,
      region: identity,
      request_parameters: answering,
      request_templates: answering,
      response_parameters: { block: answering },
      template_selection_expression: answering,
      timeout_milliseconds: capacity,
      tls_config: { block: staysOnceSet('protection', 'another certificate is taken') },
    },
  },
  aws_apigatewayv2_route: {
    attachedTo: ['api_id'],
    attributes: {
      api_id: identity,
      api_key_required: staysOnceSet('access', 'no key is asked for'),
      authorization_scopes: ofRoute(authorizing, 'part of the new route'),
      authorization_type: authorization,
      authorizer_id: ofRoute(authorizing, 'told by the type of authorization'),
      id: computed,
      model_selection_expression: answering,
      operation_name: label,
      region: identity,
      request_models: harmless('what is refused before it is answered'),
      request_parameter: { block: harmless('what is refused before it is answered') },
      route_key: (change) =>
        change.view.after
          ? ofRoute(answering, 'told by the type of authorization')(change)
          : risk('service', `${show(change.before)} is no longer answered`),
      route_response_selection_expression: answering,
      target: ofRoute(answering, 'part of the new route'),
    },
  },
  aws_apigatewayv2_stage: {
    ended: endsFor('its address answers with an error'),
    attributes: {
      ...tags,
      access_log_settings: {
        members: {
          destination_arn: (change) =>
            change.origin === 'new'
              ? fine('part of the new stage')
              : handsOn('logs calls to', 'calls are no longer logged')(change),
          format: harmless('what is logged of a call'),
        },
      },
      api_id: identity,
      arn: computed,
      auto_deploy: stays('service', 'changes are served at once, or no longer are'),
      client_certificate_id: staysOnceSet('protection', 'who is called cannot tell who calls'),
      default_route_settings: { members: routeSettings },
      deployment_id: answering,
      description: label,
      execution_arn: computed,
      id: computed,
      invoke_url: computed,
      name: identity,
      region: identity,
      route_settings: { by: 'route_key', members: { ...routeSettings, route_key: label } },
      stage_variables: answering,
    },
  },
};
