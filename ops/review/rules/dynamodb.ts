import { isHidden } from '../../terraform/plan-json';
import { show } from '../finding';
import { item } from './items';
import { policy } from './policies';
import {
  capacity,
  computed,
  encryptionKey,
  fine,
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
  timeouts,
} from './rule';

const units = { max_read_request_units: capacity, max_write_request_units: capacity };
const warmUnits = { read_units_per_second: capacity, write_units_per_second: capacity };

const indexGoes: Rule = ({ path }) => risk('service', `${path} is removed: queries of this index fail`);
const indexComes: Rule = ({ path, origin }) =>
  origin === 'new' ? fine('part of the new table') : note('capacity', `${path} is new`);
const ofIndex = stays(
  'service',
  'the index is made anew: its queries fail meanwhile, or answer something else',
);
const key = {
  range_key: ofIndex,
  projection_type: ofIndex,
  non_key_attributes: ofIndex,
};

/** Items that have expired are deleted. */
const expiry: Rule = ({ before, after, origin }) => {
  if (origin === 'new') return fine('nothing is there yet');
  const read = (block: unknown) => (isHidden(block) ? { enabled: block } : Object([block].flat()[0]));
  const [was, is] = [read(before), read(after)];
  if (is.enabled === true || isHidden(is.enabled)) {
    const isSame = was.enabled === true && was.attribute_name === is.attribute_name;
    return isSame ? fine('the same') : risk('loss', `items begin to expire by ${show(is.attribute_name)}`);
  }
  return was.enabled === false || !isSet(was.enabled)
    ? fine('nothing expires')
    : risk('service', 'items no longer expire');
};

export const dynamodb: Readonly<Record<string, TypeRules>> = {
  aws_dynamodb_table: {
    ended: loses('its items are lost'),
    begun: ({ billing_mode: mode, read_capacity: read, write_capacity: write }) => ({
      ...note(
        'capacity',
        mode === 'PAY_PER_REQUEST'
          ? 'new table, paid for by the request'
          : `new table with ${show(read)} read and ${show(write)} write units, paid for by the hour`,
      ),
      kind: 'capacity-added',
    }),
    attributes: {
      ...tags,
      arn: computed,
      attribute: { block: harmless('types of key attributes: the keys are judged themselves') },
      billing_mode: capacity,
      deletion_protection_enabled: staysOn('deletion protection is turned off'),
      global_secondary_index: {
        by: 'name',
        added: indexComes,
        removed: indexGoes,
        members: {
          ...key,
          hash_key: ofIndex,
          on_demand_throughput: { members: units },
          warm_throughput: { members: warmUnits },
          read_capacity: capacity,
          write_capacity: capacity,
        },
      },
      global_table_witness: { block: stays('service', 'another region takes part in the global table') },
      hash_key: identity,
      id: computed,
      import_table: { block: identity },
      local_secondary_index: { by: 'name', added: identity, removed: indexGoes, members: key },
      name: identity,
      on_demand_throughput: { members: units },
      point_in_time_recovery: {
        members: {
          enabled: staysOn('point-in-time recovery is turned off'),
          recovery_period_in_days: neverLess('it can be recovered for less time', (it) => Number(it ?? 35)),
        },
      },
      range_key: identity,
      read_capacity: capacity,
      region: identity,
      replica: {
        by: 'region_name',
        added: ({ path }) => note('capacity', `${path} is new: a copy of all items, paid for by itself`),
        removed: ({ path }) => risk('service', `${path} is removed: nothing is answered there any more`),
        members: {
          arn: computed,
          consistency_mode: stays('service', 'what is read there may be older'),
          deletion_protection_enabled: staysOn('deletion protection of a replica is turned off'),
          kms_key_arn: encryptionKey,
          point_in_time_recovery: staysOn('point-in-time recovery of a replica is turned off'),
          propagate_tags: label,
          stream_arn: computed,
          stream_label: computed,
        },
      },
      restore_date_time: identity,
      restore_source_name: identity,
      restore_source_table_arn: identity,
      restore_to_latest_time: identity,
      server_side_encryption: {
        members: {
          enabled: staysOn('encryption with a key in this account is turned off'),
          kms_key_arn: encryptionKey,
        },
      },
      stream_arn: computed,
      stream_enabled: staysOn('the stream is turned off: what reads it hears of no change', 'service'),
      stream_label: computed,
      stream_view_type: staysOnceSet('service', 'what reads the stream gets something else'),
      table_class: capacity,
      timeouts: { block: timeouts },
      ttl: { block: expiry },
      warm_throughput: { members: warmUnits },
      write_capacity: capacity,
    },
  },
  aws_dynamodb_table_item: {
    attachedTo: ['table_name'],
    attributes: { hash_key: item, id: computed, item, range_key: item, region: item, table_name: item },
  },
  aws_dynamodb_resource_policy: {
    attachedTo: ['resource_arn'],
    attributes: {
      confirm_remove_self_resource_access: harmless('whether one may lock oneself out'),
      id: computed,
      policy: policy(),
      region: identity,
      resource_arn: identity,
      revision_id: computed,
    },
  },
};
