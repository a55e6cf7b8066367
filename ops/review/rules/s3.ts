import { isDeepStrictEqual } from 'node:util';
import { isHidden, unknown } from '../../terraform/plan-json';
import { describeChange, harms, show } from '../finding';
import { policy } from './policies';
import {
  computed,
  encryptionKey,
  fine,
  gives,
  handsOn,
  harmless,
  identity,
  isSet,
  keeps,
  label,
  loses,
  type Rule,
  risk,
  stays,
  staysOff,
  staysOn,
  staysOnceSet,
  type TypeRules,
  tags,
  timeouts,
} from './rule';

/** An access control list for more than the owner. */
const acl: Rule = ({ path, before, after, origin, view }) => {
  if (!view.after) return fine('the bucket keeps what it has');
  if (after === 'private' || (!isSet(after) && origin !== 'existing')) return fine('for the owner alone');
  const isPublic = /^public/.test(String(after));
  const words = `access control list: ${describeChange({ path, expected: after, found: before })}`;
  return risk('access', words, isPublic ? harms.worst : harms.access);
};

const encryption = {
  members: {
    apply_server_side_encryption_by_default: {
      members: {
        kms_master_key_id: encryptionKey,
        sse_algorithm: keeps(
          (it) => typeof it === 'string' && /^(AES256|aws:kms(:dsse)?)$/.test(it),
          'the encryption of the bucket is no longer set',
        ),
      },
    },
    bucket_key_enabled: harmless('how many keys are asked for'),
  },
};

/** Whether the bucket of an attached resource is made by the same plan, so that nothing is in it. */
const isEmptyBucket: (change: Parameters<Rule>[0]) => boolean = ({ view, context }) => {
  const { bucket } = view.after ?? {};
  const [, address] =
    /^\$\{(aws_s3_bucket\.[\w-]+)\.(bucket|id)\}$/.exec(context.writtenAs(view, 'bucket') ?? '') ?? [];
  return [...context.views.values()].some(
    (it) =>
      it.type === 'aws_s3_bucket' &&
      it.action === 'create' &&
      (it.address === address || (isSet(bucket) && bucket !== unknown && it.after?.bucket === bucket)),
  );
};

/** What a bucket throws away by itself: of older versions, and of what is current. */
const lifecycle: Rule = (change) => {
  const { before, after } = change;
  if (isHidden(after)) return risk('loss', `what expires is ${show(after)}`);
  const rules = (value: unknown) =>
    (isSet(value) ? [value].flat() : []).map((it) => Object(it)).filter((it) => it.status !== 'Disabled');
  const old = rules(before);
  return rules(after).flatMap((rule) => {
    if (old.some((it) => isDeepStrictEqual(it, rule))) return [];
    const current = [rule.expiration ?? []].flat().filter((it) => isSet(it.days) || isSet(it.date));
    const olderVersions = [rule.noncurrent_version_expiration ?? []].flat();
    const archived = [rule.transition ?? []]
      .flat()
      .filter((it) => !/^(STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|GLACIER_IR)$/.test(it.storage_class));
    const words = (what: string, block: unknown) => `rule ${show(rule.id)} deletes ${what} (${show(block)})`;
    return [
      ...current.map((it) => risk('loss', words('objects', it), harms.worst)),
      ...archived.map((it) =>
        risk(
          'service',
          `rule ${show(rule.id)} moves objects to where they can be read after hours (${show(it)})`,
        ),
      ),
      ...(isEmptyBucket(change) ? [] : olderVersions.map((it) => risk('loss', words('older versions', it)))),
    ];
  });
};

const lifecycleRule: Rule = (change) => {
  const risks = [lifecycle(change)].flat();
  return risks.length > 0 ? risks : fine('it deletes nothing that is there');
};

/** Inline blocks of a bucket, which have resources of their own since version 4 of the provider. */
const inline = {
  cors_rule: { block: gives('access', 'answers pages of other sites by') },
  grant: { block: gives('access', 'gives') },
  lifecycle_rule: { block: stays('loss', 'what expires changes') },
  logging: { block: handsOn('logs requests to', 'requests are no longer logged') },
  object_lock_configuration: {
    block: staysOnceSet('protection', 'objects are locked for less time, or not at all'),
  },
  replication_configuration: { block: handsOn('copies objects by', 'objects are no longer copied') },
  server_side_encryption_configuration: { members: { rule: encryption } },
  versioning: {
    members: {
      enabled: staysOn('older versions of objects are no longer kept'),
      mfa_delete: staysOn('versions can be deleted with a password alone'),
    },
  },
  website: { block: gives('access', 'answers as a web site') },
};

const closes = (name: string) => staysOn(`${name} is turned off`, 'access');

export const s3: Readonly<Record<string, TypeRules>> = {
  aws_s3_bucket: {
    ended: loses('its objects are lost'),
    attributes: {
      ...tags,
      ...inline,
      acceleration_status: harmless('how fast uploads are'),
      acl,
      arn: computed,
      bucket: identity,
      bucket_domain_name: computed,
      bucket_prefix: identity,
      bucket_region: computed,
      bucket_regional_domain_name: computed,
      force_destroy: staysOff('it could be destroyed with what is in it'),
      hosted_zone_id: computed,
      id: computed,
      object_lock_enabled: staysOn('objects are no longer locked against deletion'),
      policy: policy(),
      region: identity,
      request_payer: harmless('who pays for requests'),
      timeouts: { block: timeouts },
      website_domain: computed,
      website_endpoint: computed,
    },
  },
  aws_s3_bucket_acl: {
    attachedTo: ['bucket'],
    attributes: {
      access_control_policy: { block: gives('access', 'gives') },
      acl,
      bucket: identity,
      expected_bucket_owner: label,
      id: computed,
      region: identity,
    },
  },
  aws_s3_bucket_lifecycle_configuration: {
    attachedTo: ['bucket'],
    attributes: {
      bucket: identity,
      expected_bucket_owner: label,
      id: computed,
      region: identity,
      rule: { block: lifecycleRule },
      timeouts: { block: timeouts },
      transition_default_minimum_object_size: harmless('which objects go to cheaper storage'),
    },
  },
  aws_s3_bucket_ownership_controls: {
    attachedTo: ['bucket'],
    attributes: {
      bucket: identity,
      id: computed,
      region: identity,
      rule: {
        members: {
          object_ownership: keeps(
            (it) => it === 'BucketOwnerEnforced',
            'objects can belong to others, and access control lists count',
            'access',
          ),
        },
      },
    },
  },
  aws_s3_bucket_policy: {
    attachedTo: ['bucket'],
    attributes: { bucket: identity, id: computed, policy: policy(), region: identity },
  },
  aws_s3_bucket_public_access_block: {
    attachedTo: ['bucket'],
    attributes: {
      block_public_acls: closes('block_public_acls'),
      block_public_policy: closes('block_public_policy'),
      bucket: identity,
      id: computed,
      ignore_public_acls: closes('ignore_public_acls'),
      region: identity,
      restrict_public_buckets: closes('restrict_public_buckets'),
      skip_destroy: harmless('how it is destroyed'),
    },
  },
  aws_s3_bucket_server_side_encryption_configuration: {
    attachedTo: ['bucket'],
    attributes: {
      bucket: identity,
      expected_bucket_owner: label,
      id: computed,
      region: identity,
      rule: {
        members: { ...encryption.members, blocked_encryption_types: harmless('which uploads are refused') },
      },
    },
  },
  aws_s3_bucket_versioning: {
    attachedTo: ['bucket'],
    attributes: {
      bucket: identity,
      expected_bucket_owner: label,
      id: computed,
      mfa: harmless('a number that is used once'),
      region: identity,
      versioning_configuration: {
        members: {
          mfa_delete: (change) =>
            change.origin === 'attached'
              ? fine('a bucket that asks for a second factor can only be changed with one')
              : keeps((it) => it === 'Enabled', 'versions can be deleted with a password alone')(change),
          status: keeps((it) => it === 'Enabled', 'older versions of objects are no longer kept'),
        },
      },
    },
  },
};
