import type {
  EventShape,
  Form,
  FormContext,
  FormSource,
  Operation,
  PropertyShape,
} from '@thingtalk/core';
import { webThingProtocol } from './web-thing-protocol.ts';

/**
 * The forms of the Web Thing Protocol: one socket, `/ws`, for everything of every Thing.
 *
 * @see {@link https://w3c.github.io/web-thing-protocol/ | Web Thing Protocol, "Protocol Handshake"}
 */
export const websocketForms: FormSource = {
  thingForms: (context, { properties, actions, events }) => {
    const op = [
      ...(properties.size > 0 ? propertyOperations : []),
      ...(actions.size > 0 ? (['queryallactions'] as const) : []),
      ...(events.size > 0 ? (['subscribeallevents', 'unsubscribeallevents'] as const) : []),
    ];
    return op.length === 0 ? [] : [form(context, op)];
  },
  propertyForms: (context, property) => [form(context, operationsOf(property))],
  actionForms: (context) => [form(context, ['invokeaction', 'queryaction', 'cancelaction'])],
  eventForms: (context, _event: EventShape) => [
    form(context, ['subscribeevent', 'unsubscribeevent']),
  ],
};

const propertyOperations = [
  'readallproperties',
  'readmultipleproperties',
  'writeallproperties',
  'writemultipleproperties',
  'observeallproperties',
  'unobserveallproperties',
] as const satisfies readonly Operation[];

const readOperations = ['readproperty', 'observeproperty', 'unobserveproperty'] as const;

function operationsOf({ readOnly, writeOnly }: PropertyShape): readonly Operation[] {
  return [...(writeOnly ? [] : readOperations), ...(readOnly ? [] : (['writeproperty'] as const))];
}

function form({ base }: FormContext, op: readonly Operation[]): Form {
  const href = `${base.replace(/^http/, 'ws')}/ws`;
  return { href, op, contentType: 'application/json', subprotocol: webThingProtocol };
}
