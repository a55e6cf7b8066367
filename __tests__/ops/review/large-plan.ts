/** A plan as Terraform writes it, with this many resources: tables, items, policies, functions, and others of a module. */
export function largePlan(size: number): object {
  const resources = Array.from({ length: size }, (_, index) => resourceOf(index));
  return {
    format_version: '1.2',
    terraform_version: '1.11.4',
    planned_values: { root_module: {} },
    resource_changes: resources.map(({ type, name, change }) => ({
      address: `${type}.${name}`,
      mode: 'managed',
      type,
      name,
      change: { after_unknown: {}, before_sensitive: {}, after_sensitive: {}, ...change },
    })),
    configuration: {
      root_module: {
        resources: resources.map(({ type, name }, index) => ({
          address: `${type}.${name}`,
          mode: 'managed',
          type,
          name,
          expressions:
            index < 5 ? {} : { name: { references: [`${type}.r${index - 5}.arn`, `${type}.r${index - 5}`] } },
        })),
      },
    },
  };
}

function resourceOf(index: number) {
  const name = `r${index}`;
  const text = 'x'.repeat(200);
  const update = (before: object, after: object) => ({ actions: ['update'], before, after });
  const policy = (...actions: string[]) => ({
    policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: Array.from({ length: 10 }, (_, it) => ({
        Effect: 'Allow',
        Action: actions,
        Resource: `arn:aws:s3:::bucket-${it}/*`,
      })),
    }),
  });
  const kinds = [
    {
      type: 'aws_dynamodb_table',
      change: {
        actions: ['delete', 'create'],
        before: { name },
        after: { name: `${name}-` },
        replace_paths: [['name']],
      },
    },
    {
      type: 'aws_iam_policy',
      change: update(policy('s3:GetObject'), policy('s3:GetObject', 's3:PutObject')),
    },
    {
      type: 'aws_dynamodb_table_item',
      change: update(
        { hash_key: 'K', table_name: 't', item: JSON.stringify({ K: { S: name }, A: { S: text } }) },
        { hash_key: 'K', table_name: 't', item: JSON.stringify({ K: { S: name }, A: { S: `${text}y` } }) },
      ),
    },
    {
      type: 'aws_cloudwatch_log_group',
      change: update(
        { retention_in_days: 14, tags: { a: text } },
        { retention_in_days: 7, tags: { b: text } },
      ),
    },
    { type: 'aws_unheard_of', change: { actions: ['create'], before: null, after: { name, text } } },
  ] as const;
  return { name, ...(kinds[index % kinds.length] as (typeof kinds)[number]) };
}
