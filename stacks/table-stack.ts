import type { Construct } from 'constructs';
import { partitionKey } from '../lambdas/shared/columns';
import type { SeedItem } from '../seed-data/load-seed-data';
import { EnvironmentStack, type EnvironmentStackProps } from './constructs/environment-stack';
import { SeededTable } from './constructs/seeded-table';
import { resourceNames, stackNames } from './names';

export interface TableStackProps extends EnvironmentStackProps {
  readonly seedData: readonly SeedItem[];
}

/** The part that holds data: the table of super missions and its items. */
export class TableStack extends EnvironmentStack {
  constructor(scope: Construct, { seedData, ...props }: TableStackProps) {
    super(scope, stackNames.table, props);
    const { capacity, pointInTimeRecovery, deletionProtection, seeds } = this.environment;

    const { table } = new SeededTable(this, 'missions', {
      tableName: resourceNames(this.environment).table,
      partitionKey,
      items: seedData,
      capacity,
      pointInTimeRecovery,
      deletionProtection,
      seeds,
    });

    this.output('table_name', table.name);
    this.output('table_arn', table.arn);
  }
}
