import { Template } from '@huggingface/jinja';
import type { Message } from './conversation.ts';
import { PolicyError } from './errors.ts';
import { badFile, reasonOf } from './hf-tokenizer-files.ts';

/** A stretch of a rendered chat. In a plain one special tokens are text that somebody wrote, not control. */
export interface ChatPiece {
  readonly text: string;
  readonly plain: boolean;
}

export interface ChatRendererOptions {
  /** Variables of the template beside `messages` and `add_generation_prompt`. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Spelled special tokens, longest first. */
  readonly specials: readonly string[];
}

/** Renders chats with a Jinja template, and tells the template's own special tokens from those that a message spells. */
export function chatRenderer(template: string, options: ChatRendererOptions): (messages: readonly Message[]) => ChatPiece[] {
  const { variables, specials } = options;
  let parsed: Template;
  try {
    parsed = new Template(template);
  } catch (error) {
    throw badFile(`the chat template cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  const special = specialPattern(specials);
  return (messages) => {
    const mark = unusedMark(messages);
    // Stand-ins keep a message's own special tokens apart until the template has put in its control tokens.
    const hide = (text: string): string => (special ? text.replace(special, (found) => `${mark}${specials.indexOf(found)}${mark}`) : text);
    const show = (text: string): string => text.replace(new RegExp(`${mark}(\\d+)${mark}`, 'g'), (_, index: string) => specials[+index]!);
    const hidden = messages.map((message) => ({ ...message, content: hide(message.content) }));
    let rendered: string;
    try {
      rendered = parsed.render({ ...variables, messages: hidden, add_generation_prompt: true });
    } catch (error) {
      throw new PolicyError('bad-options', `the chat template refuses these messages: ${reasonOf(error)}`, { cause: error });
    }
    if (!special || !rendered.includes(mark)) return [{ text: rendered, plain: false }];
    const pieces = rendered.split(new RegExp(`(${special.source})`));
    return pieces.filter((text) => text !== '').map((text) => ({ text: show(text), plain: text.includes(mark) }));
  };
}

/** Finds any of the tokens (longest first where one begins with another). Undefined when there are none. */
export function specialPattern(specials: readonly string[]): RegExp | undefined {
  if (specials.length === 0) return undefined;
  return new RegExp(specials.map((token) => token.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
}

/** One of Unicode's noncharacters, which no interchanged text should hold, that the messages really do not hold. */
function unusedMark(messages: readonly Message[]): string {
  for (let code = 0xfdd0; code <= 0xfdef; code++) {
    const mark = String.fromCharCode(code);
    if (!messages.some((message) => message.content.includes(mark))) return mark;
  }
  throw new PolicyError('bad-options', 'the messages hold every noncharacter from U+FDD0 to U+FDEF: remove them, they are not text');
}
