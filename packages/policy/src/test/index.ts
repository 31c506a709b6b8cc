export { scriptedModel } from './scripted-model.ts';
export type { Script } from './scripted-model.ts';
