import type { TemplateCall } from './template-call.ts';

const UNITS = new Map(
  Object.entries({
    C: '°C',
    F: '°F',
    K: 'K',
    sqmi: 'sq mi',
    sqkm: 'km²',
    km2: 'km²',
    m2: 'm²',
    m3: 'm³',
    sqft: 'sq ft',
    cuft: 'cu ft',
    acre: 'acres',
    kn: 'knots',
    nmi: 'nautical miles',
    e6: 'million',
  }),
);
const PLAIN_UNITS = new Set('km m mi ft in cm mm kg g lb oz st ha km/h mph m/s t MW kW hp l L gal yd K'.split(' '));
const RANGES = new Map(
  Object.entries({
    and: ' and ',
    or: ' or ',
    to: ' to ',
    '-': '–',
    '–': '–',
    'to(-)': ' to ',
    x: ' × ',
    by: ' by ',
    '×': ' × ',
    '+/-': ' ± ',
    '±': ' ± ',
  }),
);
const NUMBER = /^[−–+-]?[\d.,/+e]+$/;

/** `{{convert|22|–|25|C}}` as its reader sees it, without the converted value: "22–25 °C". */
export function convertTemplate(call: TemplateCall): string {
  let text = call.at(1);
  let position = 2;
  for (let range = RANGES.get(call.at(position)); range !== undefined; range = RANGES.get(call.at(position))) {
    text += range + call.at(position + 1);
    position += 2;
  }
  const unit = call.at(position);
  if (unit) text += ` ${UNITS.get(unit) ?? unit}`;
  // A compound such as 5 ft 11 in.
  const second = call.at(position + 1);
  const secondUnit = call.at(position + 2);
  if (unit && NUMBER.test(second) && (UNITS.has(secondUnit) || PLAIN_UNITS.has(secondUnit)))
    text += ` ${second} ${UNITS.get(secondUnit) ?? secondUnit}`;
  return text;
}
