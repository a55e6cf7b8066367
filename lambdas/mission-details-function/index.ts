import { partitionKey, visibleAttributes } from '../shared/attributes';
import { defineHandler } from '../shared/define-handler';
import { AttributeNotVisible } from '../shared/errors';
import { describeProblem, invalid, readFields, readKeyValue } from '../shared/event';
import { queryByKey } from '../shared/read-table';
import { readVariable } from '../shared/read-variable';
import { variables } from '../shared/variable-names';

/**
 * Answer the mission of `event.superhero` with the query's whole response.
 * Where the function answers with visible attributes only, `event.attributes` may choose among them.
 */
export const handler = defineHandler(async (event, invocation) => {
  const mode = readVariable(variables.attributes, ['all', 'visible']);
  const { superhero, attributes } = readFields(event);
  const keyValue = readKeyValue('event.superhero', superhero);
  return queryByKey(keyValue, mode === 'all' ? 'all' : readAttributes(attributes), invocation);
});

function readAttributes(attributes: unknown): readonly string[] {
  if (attributes === undefined) return visibleAttributes;
  const expected = 'a list of one or more different attribute names';
  if (!Array.isArray(attributes)) throw invalid('event.attributes', 'not a list', attributes, expected);
  if (attributes.length === 0) throw invalid('event.attributes', 'empty', attributes, expected);
  attributes.forEach((attribute: unknown, index) => {
    const where = `event.attributes[${index}]`;
    if (typeof attribute !== 'string') throw invalid(where, 'not a string', attribute, expected);
    if (attributes.indexOf(attribute) !== index) throw invalid(where, 'named twice', attribute, expected);
    if (!visibleAttributes.some((visible) => visible === attribute)) {
      throw new AttributeNotVisible(
        describeProblem(where, 'not visible', attribute, visibleAttributes.join(', ')),
      );
    }
  });
  return attributes.includes(partitionKey) ? attributes : [partitionKey, ...attributes];
}
