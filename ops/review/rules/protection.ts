import type { Difference } from '../../plan/json-differences';
import { isHidden, unknown } from '../../plan/plan-json';
import { type ChangeView, describeChange, type Told } from '../finding';

/** Types whose destruction leaves something else less protected, and how. */
const protectors: Readonly<Record<string, string>> = {
  aws_s3_bucket_versioning: 'older versions of objects are no longer kept',
  aws_s3_bucket_server_side_encryption_configuration: 'the encryption of the bucket is no longer set',
  aws_s3_bucket_ownership_controls: 'who owns the objects is no longer set',
  aws_s3_bucket_object_lock_configuration: 'objects are no longer locked against deletion',
  aws_s3_bucket_lifecycle_configuration: 'how long old versions are kept is no longer set',
  aws_s3_bucket_logging: 'requests are no longer logged',
  aws_s3_bucket_replication_configuration: 'the bucket is no longer copied',
  aws_ebs_encryption_by_default: 'new volumes are no longer encrypted',
  aws_cloudtrail: 'calls are no longer recorded',
  aws_flow_log: 'traffic is no longer recorded',
  aws_config_configuration_recorder: 'changes are no longer recorded',
  aws_guardduty_detector: 'threats are no longer looked for',
  aws_wafv2_web_acl_association: 'requests are no longer filtered',
  aws_backup_plan: 'nothing is backed up by it any more',
  aws_backup_selection: 'what it selects is no longer backed up',
  aws_dynamodb_resource_policy: 'who may use the table is no longer limited',
};

export const weakenedByDestruction = (type: string) => Object.hasOwn(protectors, type);

/** Attributes that protect when they are true, of any type. */
const protectingFlags =
  /(^|\.)(deletion_protection(_enabled)?|enable_deletion_protection|disable_api_termination|disable_api_stop|prevent_destroy|point_in_time_recovery(\[\d+\])?(\.enabled)?|point_in_time_recovery_enabled|server_side_encryption(\[\d+\])?(\.enabled)?|encrypted|storage_encrypted|(at_rest|transit)_encryption_enabled|sqs_managed_sse_enabled|enable_key_rotation|enable_log_file_validation|is_multi_region_trail|object_lock_enabled|bucket_key_enabled|copy_tags_to_snapshot|multi_az|scan_on_push)$/;
/** Attributes that harm when they are true. */
const harmingFlags = /(^|\.)(force_destroy|force_delete|skip_final_snapshot|skip_destroy_protection)$/;
/** Attributes of which less is kept or protected when they are smaller. */
const durations =
  /(^|[._])(retention(_in_days|_period|_days)?|backup_retention_period|recovery_period_in_days|recovery_window_in_days|deletion_window_in_days|message_retention_seconds|retention_hours|noncurrent_days|newer_noncurrent_versions|days|automatic_backup_retention_days|snapshot_retention_limit)$/;
/** Attributes that name a key. */
const keys = /(^|[._])kms_(master_)?key(_id|_arn)?$|(^|\.)kms_key_arn$/;
const encryptions = /(^|\.)(sse_algorithm|encryption_type)$/;
const states =
  /(^|\.)(versioning_configuration\[\d+\]\.(status|mfa_delete)|versioning\[\d+\]\.(enabled|mfa_delete)|object_ownership|image_tag_mutability)$/;
const strongStates = new Set<unknown>(['Enabled', true, 'BucketOwnerEnforced', 'IMMUTABLE']);

/** Protection that a change makes weaker. What is made anew had none before. */
export function weakerProtectionsOf(view: ChangeView): Told[] {
  const { action, address, type, before } = view;
  const told = (sentence: string, paths: readonly string[] = []): Told => ({
    concern: 'protection',
    kind: 'weaker-protection',
    sentence,
    details: [],
    risk: `weaker-protection:${address}`,
    paths,
  });
  if (action === 'destroy') {
    return weakenedByDestruction(type) ? [told(`would be destroyed: ${protectors[type]}`)] : [];
  }
  if (!before || (action !== 'update' && action !== 'replace')) return [];
  const certain = view.differences.flatMap((difference) => {
    const words = weakening(difference, type);
    return words ? [told(words, [difference.path])] : [];
  });
  const uncertain = partsOf(view.later)
    .filter(({ path, found }) => (protectingFlags.test(path) && found === true) || (keys.test(path) && found))
    .map(({ path }) => told(`${flagWords(path)} may be turned off: it is ${unknown}`));
  return [...certain, ...uncertain];
}

/** Of a block that is not known as a whole, no member is. */
function partsOf(differences: readonly Difference[]): Difference[] {
  return differences.flatMap(({ path, found, expected }): Difference[] =>
    typeof found === 'object' && found !== null
      ? partsOf(
          Object.entries(found).map(([name, it]) => ({
            path: `${path}${/^\d+$/.test(name) ? `[${name}]` : `.${name}`}`,
            found: it,
            expected,
          })),
        )
      : [{ path, found, expected }],
  );
}

function weakening(difference: Difference, type: string): string | undefined {
  const { path, expected, found } = difference;
  const change = describeChange(difference);
  if (protectingFlags.test(path) && found === true && expected !== true) {
    return `${flagWords(path)} is turned off`;
  }
  if (harmingFlags.test(path) && expected === true) return `${path} is turned on`;
  if (keys.test(path) && found) {
    return expected
      ? `another key encrypts (${change})`
      : `encryption with a key of one's own ends (${change})`;
  }
  if (encryptions.test(path)) return `encryption changes (${change})`;
  if (states.test(path) && strongStates.has(found)) return `protection ends (${change})`;
  if (/(^|\.)ttl\[\d+\]\.enabled$/.test(path) && expected === true) return 'records begin to expire (ttl)';
  if (!durations.test(path) && !(type.includes('lifecycle') && /expiration/.test(path))) return undefined;
  if (isHidden(expected) || isHidden(found)) return `how long is kept changes (${change})`;
  // To CloudWatch, 0 days is for ever.
  const time = (value: unknown) =>
    value === null || (path.endsWith('retention_in_days') && Number(value) === 0)
      ? Number.POSITIVE_INFINITY
      : Number(value);
  return time(expected) < time(found) ? `kept for less time (${change})` : undefined;
}

function flagWords(path: string): string {
  const names: readonly (readonly [RegExp, string])[] = [
    [/deletion_protection|api_termination/, 'deletion protection'],
    [/point_in_time_recovery/, 'point-in-time recovery'],
    [/encrypt|sse/, `encryption (${path})`],
  ];
  return names.find(([pattern]) => pattern.test(path))?.[1] ?? path;
}
