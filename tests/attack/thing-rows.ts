/** Every way to ask for something of a Thing over HTTP: method, what comes after its address, and a body. */
export const thingRows: readonly (readonly [method: string, rest: string, body?: string])[] = [
  ['GET', ''],
  ['GET', '/status'],
  ['GET', '/properties'],
  ['GET', '/properties/on'],
  ['GET', '/properties/on/observe'],
  ['GET', '/properties/on/wish'],
  ['PUT', '/properties/on', 'false'],
  ['PUT', '/properties', '{"on":false}'],
  ['POST', '/actions/add', '1'],
  ['GET', '/actions'],
  ['GET', '/actions/fade/x'],
  ['DELETE', '/actions/fade/x'],
  ['GET', '/events'],
  ['GET', '/events/touched'],
  ['GET', '/events/touched/subscribe'],
];
