import type { Model } from '@memtrain/policy';
import { AgentError } from './errors.ts';

/** Throws `AgentError` (`bad-options`) unless each named value is an integer of at least `least`. */
export function checkIntegers(values: Readonly<Record<string, number>>, least: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isInteger(value) || value < least)
      throw new AgentError('bad-options', `${name} is ${value}: give an integer of at least ${least}`);
  }
}

/** Throws `AgentError` (`bad-options`) when the model cannot be asked in this way at all, before any work is done. */
export function checkModel(model: Model, template: { readonly name: string; readonly chat: boolean }, temperature: number): void {
  if (!Number.isFinite(temperature) || temperature < 0) {
    throw new AgentError('bad-options', `temperature is ${temperature}: give a number of at least 0 (0 is greedy)`);
  }
  if (template.chat && model.tokenizer && !model.tokenizer.encodeChat) {
    throw new AgentError(
      'bad-options',
      `the template "${template.name}" makes chats, but the model's tokenizer has no chat template: use a template with chat: false`,
    );
  }
}
