import type { Channel } from '@thingtalk/core';
import { hear, id, name, retained, row, run, say } from './channel-rows.ts';

/** One topic for each affordance, for WoT clients. */
export const northboundChannels: readonly Channel[] = [
  row(
    {
      name: 'property',
      address: 'things/{id}/properties/{name}',
      title: 'Property',
      description: 'The value of one property.',
    },
    { id, name },
    hear(
      'propertyValue',
      'The bare value',
      { description: 'As the data schema of the property says.' },
      { ...retained, example: 25 },
    ),
  ),
  row(
    {
      name: 'propertySet',
      address: 'things/{id}/properties/{name}/set',
      title: 'Property write',
      description: 'Writes one property; refusals come on the error topic.',
    },
    { id, name },
    say(
      'propertyWrite',
      'The bare value',
      { description: 'As the data schema of the property says.' },
      { example: 25 },
    ),
  ),
  row(
    {
      name: 'action',
      address: 'things/{id}/actions/{name}',
      title: 'Action',
      description: 'Invokes an action; refusals come on the error topic.',
    },
    { id, name },
    say('actionInput', 'The bare input, or nothing', {
      description: 'As the input schema of the action says.',
    }),
  ),
  row(
    {
      name: 'actionStatus',
      address: 'things/{id}/actions/{name}/status',
      title: 'Action state',
      description: 'Where the runs of one action stand.',
    },
    { id, name },
    hear('actionRun', 'The state of a run', run),
  ),
  row(
    {
      name: 'event',
      address: 'things/{id}/events/{name}',
      title: 'Event',
      description: 'Says that an event happened.',
    },
    { id, name },
    hear(
      'eventData',
      'The bare data; null when there is none',
      { description: 'As the data schema of the event says.' },
      { example: 102 },
    ),
  ),
];
