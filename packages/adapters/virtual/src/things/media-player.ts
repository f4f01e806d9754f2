import { defineThing } from '@thingtalk/core';
import type { House } from '../house.ts';
import { virtualId } from './virtual-id.ts';

const tracks = [
  { title: 'Morning on the canal', seconds: 184 },
  { title: 'Three lamps', seconds: 221 },
  { title: 'The retained message', seconds: 167 },
  { title: 'Last will', seconds: 243 },
] as const;

/** A music player that goes on to the next track by itself. */
export function mediaPlayer(house: House) {
  let index = 0;
  const track = () => tracks[index % tracks.length] ?? tracks[0];
  return defineThing(
    virtualId('living-room-music'),
    {
      title: 'Living room music',
      description: 'Plays four tracks in a circle',
      properties: {
        playing: {
          title: 'Playing',
          description: 'Whether music plays',
          type: 'boolean',
        },
        volume: {
          title: 'Volume',
          description: 'How loud it is',
          type: 'integer',
          minimum: 0,
          maximum: 100,
          unit: 'percent',
        },
        muted: { title: 'Muted', description: 'Whether the sound is off', type: 'boolean' },
        track: { title: 'Track', description: 'What plays', type: 'string', readOnly: true },
        elapsed: {
          title: 'Elapsed',
          description: 'How far the track has played',
          type: 'integer',
          minimum: 0,
          unit: 'second',
          readOnly: true,
        },
      },
      actions: {
        next: { title: 'Next', description: 'Goes to the next track', synchronous: true },
        previous: { title: 'Previous', description: 'Goes to the track before', synchronous: true },
      },
      events: {
        trackChanged: {
          title: 'Track changed',
          description: 'Another track plays now',
          data: { type: 'string' },
        },
      },
    },
    {
      initial: { playing: true, volume: 30, muted: false, track: track().title, elapsed: 0 },
      actions: {
        next: (_input, { thing }) => {
          index++;
          thing.report('track', track().title);
          thing.report('elapsed', 0);
          thing.emit('trackChanged', track().title);
        },
        previous: (_input, { thing }) => {
          index += tracks.length - 1;
          thing.report('track', track().title);
          thing.report('elapsed', 0);
          thing.emit('trackChanged', track().title);
        },
      },
      start: (thing) => {
        index = Math.max(
          0,
          tracks.findIndex(({ title }) => title === thing.value('track')),
        );
        return house.onTick(({ seconds }) => {
          house.draw('music', thing.value('playing') ? 12 : 2);
          if (!thing.value('playing')) return;
          const elapsed = (thing.value('elapsed') ?? 0) + seconds;
          if (elapsed < track().seconds) return thing.report('elapsed', elapsed);
          index++;
          thing.report('track', track().title);
          thing.report('elapsed', 0);
          thing.emit('trackChanged', track().title);
        });
      },
    },
  );
}
