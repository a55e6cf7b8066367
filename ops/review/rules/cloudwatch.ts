import { isHidden } from '../../terraform/plan-json';
import { describeChange, show } from '../finding';
import {
  computed,
  encryptionKey,
  endsFor,
  fine,
  gives,
  harmless,
  identity,
  isSet,
  label,
  loses,
  neverLess,
  note,
  type Rule,
  risk,
  stays,
  staysOn,
  staysOnceSet,
  type TypeRules,
  tags,
} from './rule';

const watching = stays('protection', 'it sounds at something else');
/** Whom an alarm tells: one more topic is fine, anything else does something, and so may what is not known. */
const told: Rule = ({ before, after, path, origin, view, context }) => {
  const list = (value: unknown) => (isSet(value) ? [value].flat() : []);
  const isTopic = (it: unknown) => /^(arn:[\w-]+:sns:.*|\$\{aws_sns_topic\.[\w-]+\.arn\})$/.test(String(it));
  const written = context.writtenAs(view, path)?.split(',') ?? [after];
  const started = list(after)
    .filter((it) => !list(before).includes(it) && !isTopic(it))
    .filter((it) => !isHidden(it) || !written.every(isTopic));
  const isKept =
    origin === 'new' || (!isHidden(after) && list(before).every((it) => list(after).includes(it)));
  return [
    ...started.map((it) => risk('service', `starts ${show(it)}`)),
    isKept
      ? fine('whoever was told still is')
      : risk(
          'protection',
          `somebody is no longer told (${describeChange({ path, expected: after, found: before })})`,
        ),
  ];
};

export const cloudwatch: Readonly<Record<string, TypeRules>> = {
  aws_cloudwatch_log_group: {
    ended: loses('its log lines are lost'),
    attributes: {
      ...tags,
      arn: computed,
      deletion_protection_enabled: staysOn('deletion protection is turned off'),
      id: computed,
      kms_key_id: encryptionKey,
      log_group_class: identity,
      name: identity,
      name_prefix: identity,
      region: identity,
      // To CloudWatch 0 days are for ever, as none are.
      retention_in_days: neverLess(
        'log lines are kept for less time',
        (it) => Number(it) || Number.POSITIVE_INFINITY,
      ),
      skip_destroy: harmless('how it is destroyed'),
    },
  },
  aws_cloudwatch_log_subscription_filter: {
    ended: endsFor('what read the log lines gets none'),
    attributes: {
      destination_arn: gives('access', 'hands log lines to'),
      distribution: harmless('in what order lines are handed on'),
      filter_pattern: stays('service', 'other lines are handed on'),
      id: computed,
      log_group_name: stays('service', 'lines of another log group are handed on'),
      name: identity,
      region: identity,
      role_arn: stays('access', 'hands on with other rights'),
    },
  },
  aws_cloudwatch_metric_alarm: {
    ended: endsFor('nobody is told any more', 'the new one takes its place'),
    begun: () => ({ ...note('capacity', 'new alarm, paid for by the month'), kind: 'capacity-added' }),
    attributes: {
      ...tags,
      actions_enabled: staysOn('nobody is told any more'),
      alarm_actions: told,
      alarm_description: label,
      alarm_name: identity,
      arn: computed,
      comparison_operator: watching,
      datapoints_to_alarm: watching,
      dimensions: watching,
      evaluate_low_sample_count_percentiles: watching,
      evaluation_periods: watching,
      extended_statistic: watching,
      id: computed,
      insufficient_data_actions: told,
      metric_name: watching,
      metric_query: { block: watching },
      namespace: watching,
      ok_actions: told,
      period: watching,
      region: identity,
      statistic: watching,
      threshold: watching,
      threshold_metric_id: watching,
      treat_missing_data: watching,
      unit: staysOnceSet('protection', 'it sounds at something else'),
    },
  },
};
