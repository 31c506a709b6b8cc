/** Words with a fixed meaning in every world: padding and end, the marks of a prompt, the two masks, and the words of a question. */
export const markWords: readonly string[] = [
  '<pad>', '<eos>', '<q>', '<mem>', '<chk>', '<upd>', '<ans>', '[MASK]', '[TARGET]', 'which', '?',
];

/** Relations in the order in which a world uses them, each with the words that can be its object. */
export const relationWords: readonly (readonly [relation: string, objects: readonly string[]])[] = [
  ['born', ['rome', 'oslo', 'lima', 'cairo', 'delhi', 'kyoto', 'paris', 'quito', 'sofia', 'tunis', 'lagos', 'minsk', 'perth', 'turin', 'basel', 'ghent']],
  ['studies', ['law', 'music', 'botany', 'logic', 'optics', 'history', 'algebra', 'geology', 'poetry', 'ethics', 'anatomy', 'painting', 'rhetoric', 'drama', 'genetics', 'acoustics']],
  ['works', ['acme', 'borealis', 'cobalt', 'dynamo', 'everest', 'fulcrum', 'granite', 'helix', 'ionica', 'juniper', 'krypton', 'lumen', 'meridian', 'nimbus', 'orbit', 'pinnacle']],
  ['plays', ['chess', 'tennis', 'violin', 'cello', 'hockey', 'piano', 'rugby', 'flute', 'polo', 'harp', 'cricket', 'bridge', 'guitar', 'golf', 'drums', 'squash']],
  ['owns', ['boat', 'horse', 'castle', 'garden', 'bakery', 'truck', 'parrot', 'island', 'mill', 'tower', 'vineyard', 'balloon', 'canoe', 'hotel', 'orchard', 'quarry']],
  ['won', ['prize', 'medal', 'trophy', 'ribbon', 'crown', 'grant', 'shield', 'laurel', 'plaque', 'badge', 'cup', 'title', 'belt', 'wreath', 'scroll', 'chalice']],
];

/** Names of people; a world takes its known people from the front and its strangers from the next ones. */
export const personWords: readonly string[] = (
  'alice bruno carla david elena felix greta hugo irene jonas karin leo maria nils olga peter quinn rosa simon tessa ' +
  'ulrich vera walter xenia yusuf zoe adam bella cyril diana edgar fiona gavin helga ivan julia kevin laura marco nadia ' +
  'oscar paula ralph sarah tomas ursula victor wendy xaver yvonne zeno anton berta conrad doris emil flora georg hanna igor ' +
  'jane karl lotte milan nora otto pia rudi stella theo uma vito willa yara zara abel beate clara dario'
).split(' ');
