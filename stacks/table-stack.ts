import type { DynamodbTable } from '@cdktf/provider-aws/lib/dynamodb-table';
import type { Construct } from 'constructs';
import { partitionKey } from '../lambdas/shared/attributes';
import type { Seed } from '../seed-data/load-seed';
import { EnvironmentStack, type EnvironmentStackProps } from './constructs/environment-stack';
import { SeededTable } from './constructs/seeded-table';
import { importPrefix, resourceNames, stackNames } from './names';

export interface TableStackProps extends EnvironmentStackProps {
  readonly seed: Seed;
}

/** The part that holds data: the table of super missions and its items. */
export class TableStack extends EnvironmentStack {
  constructor(scope: Construct, { seed, ...props }: TableStackProps) {
    super(scope, stackNames.table, props);
    const { capacity, pointInTimeRecovery, deletionProtection, stateBucket } = this.environment;
    const keyPrefix = seed.mode === 'import' ? importPrefix(this.environment, seed.manifest.digest) : '';

    const { table } = new SeededTable(this, 'missions', {
      tableName: resourceNames(this.environment).table,
      partitionKey,
      content: seed.mode === 'import' ? { mode: 'import', bucket: stateBucket, keyPrefix } : seed,
      capacity,
      pointInTimeRecovery,
      deletionProtection,
    });
    if (seed.mode === 'import') this.warnOfOtherImport(table, seed.manifestFile, keyPrefix);

    this.output('table_name', table.name);
    this.output('table_arn', table.arn);
  }

  /** Terraform's state keeps what a table was imported from when it was made. */
  private warnOfOtherImport(table: DynamodbTable, manifestFile: string, keyPrefix: string): void {
    const imported = `try(${table.terraformResourceType}.${table.friendlyUniqueId}.import_table[0].s3_bucket_source[0].key_prefix, "no import")`;
    this.addOverride('check.import', {
      assert: [
        {
          condition: `\${${imported} == "${keyPrefix}"}`,
          error_message: `${manifestFile}: not what the table was made from, got "\${${imported}}"; expected "${keyPrefix}". The records of this table stay as they are, for DynamoDB imports into new tables only; docs/runbook.md, "Many records", has the roads to bring them up to date.`,
        },
      ],
    });
  }
}
