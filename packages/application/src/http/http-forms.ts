import type { ActionShape, EventShape, Form, FormSource, PropertyShape } from '@thingtalk/core';

const contentType = 'application/json';

/**
 * The forms of the HTTP door, relative to `<base>/things/<id>/`: request and answer first, then long polling, then
 * server-sent events, since node-wot takes the first that it can speak and drops named server-sent events.
 */
export const httpForms: FormSource = {
  thingForms: (_context, shape) => [
    ...(shape.properties.size === 0 ? [] : allProperties),
    ...(shape.actions.size === 0 ? [] : [allActions]),
    ...(shape.events.size === 0 ? [] : [allEvents]),
  ],

  propertyForms(_context, property: PropertyShape): readonly Form[] {
    const href = `properties/${encodeURIComponent(property.name)}`;
    const forms: Form[] = [];
    if (property.writeOnly) return [{ href, op: 'writeproperty', contentType }];
    forms.push({
      href,
      op: property.readOnly ? 'readproperty' : ['readproperty', 'writeproperty'],
      contentType,
    });
    const op = ['observeproperty', 'unobserveproperty'] as const;
    forms.push({ href: `${href}/observe`, op, contentType, subprotocol: 'longpoll' });
    forms.push({ href, op, contentType, subprotocol: 'sse' });
    return forms;
  },

  actionForms: (_context, action: ActionShape): readonly Form[] => [
    { href: `actions/${encodeURIComponent(action.name)}`, op: 'invokeaction', contentType },
  ],

  eventForms(_context, event: EventShape): readonly Form[] {
    const href = `events/${encodeURIComponent(event.name)}`;
    const op = ['subscribeevent', 'unsubscribeevent'] as const;
    return [
      { href: `${href}/subscribe`, op, contentType, subprotocol: 'longpoll' },
      { href, op, contentType, subprotocol: 'sse' },
    ];
  },
};

const allProperties: readonly Form[] = [
  { href: 'properties', op: ['readallproperties', 'writemultipleproperties'], contentType },
  {
    href: 'properties',
    op: ['observeallproperties', 'unobserveallproperties'],
    contentType,
    subprotocol: 'sse',
  },
];

const allActions: Form = { href: 'actions', op: 'queryallactions', contentType };

const allEvents: Form = {
  href: 'events',
  op: ['subscribeallevents', 'unsubscribeallevents'],
  contentType,
  subprotocol: 'sse',
};
