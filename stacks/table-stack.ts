import type { DynamodbTable } from '@cdktf/provider-aws/lib/dynamodb-table';
import type { Construct } from 'constructs';
import { type Table, tableLabel } from '../declarations';
import { tableSettings } from '../environments';
import type { Seed, Seeds } from '../seed-data/load-seed';
import { type TableId, tables } from '../system';
import { EnvironmentStack, type EnvironmentStackProps } from './constructs/environment-stack';
import { SeededTable } from './constructs/seeded-table';
import { importPrefix, stackNames, tableName } from './names';

export interface TableStackProps extends EnvironmentStackProps {
  readonly seeds: Seeds;
}

/** The part that holds data: the tables and the items that they start from. */
export class TableStack extends EnvironmentStack {
  constructor(scope: Construct, { seeds, ...props }: TableStackProps) {
    super(scope, stackNames.table, props);
    for (const [id, declaration] of Object.entries<Table>(tables)) {
      this.table(id as TableId, declaration, seeds[id as TableId]);
    }
  }

  private table(id: TableId, declaration: Table, seed: Seed): void {
    const { stateBucket } = this.environment;
    const keyPrefix = seed.mode === 'import' ? importPrefix(this.environment, seed.manifest.digest) : '';
    const { table } = new SeededTable(this, id, {
      ...tableSettings(this.environment, id),
      tableName: tableName(this.environment, declaration),
      key: declaration.key,
      indexes: declaration.indexes ?? {},
      content: seed.mode === 'import' ? { mode: 'import', bucket: stateBucket, keyPrefix } : seed,
    });
    if (seed.mode === 'import') this.warnOfOtherImport(id, table, seed.manifestFile, keyPrefix);

    const label = tableLabel(declaration);
    this.output(`${label}_name`, table.name);
    this.output(`${label}_arn`, table.arn);
  }

  /** Terraform's state keeps what a table was imported from when it was made. */
  private warnOfOtherImport(
    id: TableId,
    table: DynamodbTable,
    manifestFile: string,
    keyPrefix: string,
  ): void {
    const imported = `try(${table.terraformResourceType}.${table.friendlyUniqueId}.import_table[0].s3_bucket_source[0].key_prefix, "no import")`;
    this.addOverride(`check.${id}_import`, {
      assert: [
        {
          condition: `\${${imported} == "${keyPrefix}"}`,
          error_message: `${manifestFile}: not what the table was made from, got "\${${imported}}"; expected "${keyPrefix}". The items of this table stay as they are, for DynamoDB imports into new tables only; docs/runbook.md, "Many items", has the ways to bring them up to date.`,
        },
      ],
    });
  }
}
