import { partitionKey, visibleColumns } from '../shared/attributes';
import { defineHandler } from '../shared/define-handler';
import { ColumnNotVisible } from '../shared/errors';
import { describeMistake, invalid, readFields, readKeyValue } from '../shared/event';
import { queryByKey } from '../shared/read-table';
import { readVariable } from '../shared/read-variable';
import { variables } from '../shared/variable-names';

/**
 * Answer the mission of `event.superhero` with the query's whole response.
 * Where the function answers with visible columns only, `event.columns` may choose among them.
 */
export const handler = defineHandler(async (event, invocation) => {
  const mode = readVariable(variables.columns, ['all', 'visible']);
  const { superhero, columns } = readFields(event);
  const keyValue = readKeyValue('event.superhero', superhero);
  return queryByKey(keyValue, mode === 'all' ? 'all' : readColumns(columns), invocation);
});

function readColumns(columns: unknown): readonly string[] {
  if (columns === undefined) return visibleColumns;
  const expected = 'a list of one or more different column names';
  if (!Array.isArray(columns)) throw invalid('event.columns', 'not a list', columns, expected);
  if (columns.length === 0) throw invalid('event.columns', 'empty', columns, expected);
  columns.forEach((column: unknown, index) => {
    const where = `event.columns[${index}]`;
    if (typeof column !== 'string') throw invalid(where, 'not a string', column, expected);
    if (columns.indexOf(column) !== index) throw invalid(where, 'named twice', column, expected);
    if (!visibleColumns.some((visible) => visible === column)) {
      throw new ColumnNotVisible(describeMistake(where, 'not visible', column, visibleColumns.join(', ')));
    }
  });
  return columns.includes(partitionKey) ? columns : [partitionKey, ...columns];
}
