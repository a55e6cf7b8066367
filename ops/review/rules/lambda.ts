import { isHidden } from '../../terraform/plan-json';
import { describeChange, harms, show } from '../finding';
import { permission } from './policies';
import {
  capacity,
  computed,
  encryptionKey,
  endsFor,
  fine,
  gives,
  handsOn,
  harmless,
  identity,
  type JointRule,
  label,
  note,
  type Rule,
  risk,
  stays,
  staysOn,
  staysOnceSet,
  type TypeRules,
  tags,
  timeouts,
} from './rule';

const bytes = (value: unknown) =>
  Number(value) > 0 ? `${Number(value).toLocaleString('en')} bytes` : 'size not known';

const codeAttributes = [
  'source_code_hash',
  'filename',
  's3_bucket',
  's3_key',
  's3_object_version',
  'image_uri',
  'package_type',
  'runtime',
  'handler',
] as const;

/** What a function runs. A new one is told of as a whole. */
const code: JointRule = {
  judge: ({ before, after, ...view }, context) => {
    if (!before || !after) return [];
    const changed = codeAttributes
      .map((path) => ({ path, found: before[path] ?? null, expected: after[path] ?? null }))
      .filter(({ found, expected }) => found !== expected);
    const hasNewCode = changed.some(({ path }) => path !== 'runtime' && path !== 'handler');
    const size = `${bytes(before.source_code_size)} → ${bytes(context.newCodeBytes({ before, after, ...view }))}`;
    const words = [
      ...(hasNewCode ? [`code changes (${size})`] : []),
      ...changed
        .filter(({ path }) => path === 'runtime' || path === 'handler')
        .map(({ path, ...sides }) => `${path} changes (${show(sides.found)} → ${show(sides.expected)})`),
    ];
    const told = {
      ...note('code', words.join(', ')),
      kind: 'code-changed',
      details: changed.map(describeChange),
    };
    return changed.length > 0 ? [told] : [];
  },
};

/** Code that comes from elsewhere. */
const layers: Rule = (change) => {
  const risks = [gives('code', 'runs the code of')(change)].flat();
  return risks.some(({ harm }) => harm > harms.none)
    ? risks
    : note('code', describeChange({ ...change, expected: change.after, found: change.before }));
};

const settings: Rule = ({ before, after, origin, path }) => {
  if (origin === 'new') return fine('of a new function');
  const [old, now] = [before, after].map((it) => (typeof it === 'object' && it ? it : { [path]: it })) as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  const changed = names
    .map((name) => ({ path: name, found: old[name] ?? null, expected: now[name] ?? null }))
    .filter(({ found, expected }) => show(found) !== show(expected));
  const words = `variables change: ${changed.map((it) => it.path).join(', ')}`;
  return { ...note('code', words), kind: 'settings-changed', details: changed.map(describeChange) };
};

/** 0 lets nobody call it; -1 and nothing take from what the account has left. */
const executions: Rule = (change) => {
  const { after, origin } = change;
  return after === 0 || (isHidden(after) && origin !== 'new')
    ? risk(
        'service',
        after === 0 ? 'nobody can call it: reserved executions are 0' : 'it may be that nobody can call it',
      )
    : capacity(change);
};

const leavesNetwork = stays('access', 'is in another network');

/** Who may change its code gets the rights of its role. */
const runsAs: Rule = (change) => {
  const { after, origin, view, context } = change;
  if (origin === 'existing') return stays('access', 'runs with other rights')(change);
  const [, role = ''] =
    /^\$\{(aws_iam_role\.[\w-]+)\.arn\}$/.exec(context.writtenAs(view, 'role') ?? '') ?? [];
  return context.views.get(role)?.action === 'create'
    ? fine('its role is new, and told with its own policies')
    : risk('access', `runs with the rights of a role that is there (${show(after)})`);
};

/** A URL without authorization is for everybody. */
const urlAuthorization: Rule = ({ path, before, after, origin, view }) => {
  if (!view.after) return risk('service', 'who calls it gets an error');
  if (after === 'AWS_IAM') return fine('who may call it is up to policies');
  return origin === 'existing' && before === 'NONE'
    ? fine('it was open before')
    : risk(
        'access',
        `opens to everybody (${describeChange({ path, expected: after, found: before })})`,
        harms.worst,
      );
};

export const cors = {
  allow_credentials: gives('access', 'with the credentials of the browser, answers'),
  allow_headers: gives('access', 'takes from pages of other sites the headers'),
  allow_methods: gives('access', 'takes from pages of other sites the methods'),
  allow_origins: gives('access', 'answers pages of'),
  expose_headers: gives('access', 'shows pages of other sites the headers'),
  max_age: harmless('how long a browser remembers what is allowed'),
};

const whichFunction = stays('service', 'calls go elsewhere');
const reading = stays('service', 'what it is given changes');

export const lambda: Readonly<Record<string, TypeRules>> = {
  aws_lambda_function: {
    ended: endsFor('who calls it gets an error, and its versions and permissions are gone'),
    begun: ({ function_name: name, runtime }, view, context) => ({
      ...note(
        'code',
        `new function ${show(name)}, ${show(runtime)}, ${bytes(context.newCodeBytes(view))} of code`,
      ),
      kind: 'code-added',
    }),
    attributes: {
      ...tags,
      architectures: capacity,
      arn: computed,
      capacity_provider_config: { block: stays('service', 'it runs on other machines') },
      code_sha256: computed,
      code_signing_config_arn: staysOnceSet('protection', 'code is signed by others, or not at all'),
      dead_letter_config: {
        members: { target_arn: handsOn('hands failed events to', 'failed events are lost') },
      },
      description: label,
      durable_config: { block: stays('service', 'it is run in another way') },
      environment: { members: { variables: settings } },
      ephemeral_storage: { members: { size: capacity } },
      file_system_config: { block: stays('service', 'it works on other files') },
      filename: code,
      function_name: identity,
      handler: code,
      id: computed,
      image_config: { block: stays('code', 'other code of the image is run') },
      image_uri: code,
      invoke_arn: computed,
      kms_key_arn: encryptionKey,
      last_modified: computed,
      layers,
      logging_config: { block: stays('protection', 'logs are other ones, or go elsewhere') },
      memory_size: capacity,
      package_type: code,
      publish: staysOn('versions are no longer published', 'service'),
      publish_to: harmless('what a published version may be'),
      qualified_arn: computed,
      qualified_invoke_arn: computed,
      region: identity,
      replace_security_groups_on_destroy: harmless('how it is destroyed'),
      replacement_security_group_ids: harmless('how it is destroyed'),
      reserved_concurrent_executions: executions,
      role: runsAs,
      runtime: code,
      s3_bucket: code,
      s3_key: code,
      s3_object_version: code,
      signing_job_arn: computed,
      signing_profile_version_arn: computed,
      skip_destroy: harmless('how it is destroyed'),
      snap_start: { block: capacity },
      source_code_hash: code,
      source_code_size: computed,
      source_kms_key_arn: encryptionKey,
      tenancy_config: { block: stays('service', 'it is run in another way') },
      timeout: capacity,
      timeouts: { block: timeouts },
      tracing_config: { members: { mode: capacity } },
      version: computed,
      vpc_config: {
        members: {
          ipv6_allowed_for_dual_stack: leavesNetwork,
          security_group_ids: leavesNetwork,
          subnet_ids: leavesNetwork,
          vpc_id: computed,
        },
      },
    },
  },
  aws_lambda_permission: {
    attachedTo: ['function_name', 'qualifier'],
    attributes: {
      action: permission,
      event_source_token: permission,
      function_name: permission,
      function_url_auth_type: permission,
      id: computed,
      principal: permission,
      principal_org_id: permission,
      qualifier: permission,
      region: identity,
      source_account: permission,
      source_arn: permission,
      statement_id: label,
      statement_id_prefix: label,
    },
  },
  aws_lambda_function_url: {
    attachedTo: ['function_name', 'qualifier'],
    attributes: {
      authorization_type: urlAuthorization,
      cors: { members: cors },
      function_arn: computed,
      function_name: identity,
      function_url: computed,
      id: computed,
      invoke_mode: stays('service', 'it answers in another way'),
      qualifier: identity,
      region: identity,
      timeouts: { block: timeouts },
      url_id: computed,
    },
  },
  aws_lambda_alias: {
    ended: endsFor('who calls it gets an error'),
    attributes: {
      arn: computed,
      description: label,
      function_name: whichFunction,
      function_version: whichFunction,
      id: computed,
      invoke_arn: computed,
      name: identity,
      region: identity,
      routing_config: { block: whichFunction },
    },
  },
  aws_lambda_event_source_mapping: {
    ended: endsFor('its events are no longer handled'),
    attributes: {
      ...tags,
      amazon_managed_kafka_event_source_config: { block: reading },
      arn: computed,
      batch_size: capacity,
      bisect_batch_on_function_error: reading,
      destination_config: { block: handsOn('hands failed events to', 'failed events are lost') },
      document_db_event_source_config: { block: reading },
      enabled: staysOn('its events are no longer handled', 'service'),
      event_source_arn: gives('access', 'is given the events of'),
      filter_criteria: { block: reading },
      function_arn: computed,
      function_name: whichFunction,
      function_response_types: reading,
      id: computed,
      kms_key_arn: encryptionKey,
      last_modified: computed,
      last_processing_result: computed,
      maximum_batching_window_in_seconds: capacity,
      maximum_record_age_in_seconds: reading,
      maximum_retry_attempts: reading,
      metrics_config: { block: harmless('what is measured') },
      parallelization_factor: capacity,
      provisioned_poller_config: { block: capacity },
      queues: reading,
      region: identity,
      scaling_config: { block: capacity },
      self_managed_event_source: { block: gives('access', 'is given the events of') },
      self_managed_kafka_event_source_config: { block: reading },
      source_access_configuration: { block: reading },
      starting_position: reading,
      starting_position_timestamp: reading,
      state: computed,
      state_transition_reason: computed,
      topics: reading,
      tumbling_window_in_seconds: reading,
      uuid: computed,
    },
  },
};
