import { Misconfigured } from './errors';

/**
 * The value of an environment variable.
 * @throws {Misconfigured} naming the variable where it is missing, empty or not among the allowed values.
 */
export function readVariable(name: string): string;
export function readVariable<Value extends string>(name: string, allowed: readonly Value[]): Value;
export function readVariable(name: string, allowed?: readonly string[]): string {
  const value = process.env[name];
  if (!value)
    throw new Misconfigured(`variable ${name}: missing; expected ${allowed?.join(' or ') ?? 'a value'}`);
  if (allowed && !allowed.includes(value)) {
    throw new Misconfigured(`variable ${name}: unknown value; expected ${allowed.join(' or ')}`);
  }
  return value;
}
