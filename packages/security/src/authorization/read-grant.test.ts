import { type JsonValue, Problem } from '@thingtalk/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readGroup } from './group.ts';
import { readGrant } from './read-grant.ts';

const plain = { who: { person: 'person_anna' }, on: 'all', ops: ['read'] };

function errorsOf(document: unknown): Record<string, string> {
  try {
    readGrant(document as JsonValue);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    expect(problem.name).toBe('data-schema-mismatch');
    const errors = problem.validationErrors ?? [];
    return Object.fromEntries(errors.map(({ field, description }) => [field, description]));
  }
  return {};
}

describe('a grant', () => {
  it('is kept in one form, however it was written', () => {
    const written = {
      when: {
        network: ['fd00::/8', '10.0.0.0/8', '10.0.0.0/8'],
        zone: 'Europe/Vienna',
        hours: { to: '22:00', from: '07:00' },
        days: ['sun', 'mon', 'sun'],
        until: '2026-11-29T18:00:00+01:00',
      },
      ops: ['write', 'read', 'write'],
      on: { affordance: 'on', thing: 'urn:dev:lamp' },
      who: { guest: 'guest_1' },
    };
    const kept = readGrant(written);
    expect(JSON.stringify(kept)).toBe(
      JSON.stringify({
        who: { guest: 'guest_1' },
        on: { thing: 'urn:dev:lamp', affordance: 'on' },
        ops: ['read', 'write'],
        effect: 'allow',
        when: {
          until: '2026-11-29T17:00:00.000Z',
          days: ['mon', 'sun'],
          hours: { from: '07:00', to: '22:00' },
          zone: 'Europe/Vienna',
          network: ['10.0.0.0/8', 'fd00::/8'],
        },
      }),
    );
    expect(readGrant(kept)).toEqual(kept);
  });

  it.each([
    [undefined, ['', '/who', '/on', '/ops']],
    [[], ['', '/who', '/on', '/ops']],
    [{}, ['/who', '/on', '/ops']],
    [{ ...plain, wehn: {} }, ['/wehn']],
    [{ ...plain, who: {} }, ['/who']],
    [{ ...plain, who: 'anna' }, ['/who']],
    [{ ...plain, who: { person: 'a', group: 'b' } }, ['/who']],
    [{ ...plain, who: { person: '' } }, ['/who/person']],
    [{ ...plain, who: { group: 'Family!' } }, ['/who/group']],
    [{ ...plain, who: { anonymous: 'anonymous' } }, ['/who/anonymous']],
    [{ ...plain, on: 'everything' }, ['/on']],
    [{ ...plain, on: {} }, ['/on']],
    [{ ...plain, on: { thing: 'no uri' } }, ['/on/thing']],
    [{ ...plain, on: { thing: 'urn:a:b', tag: 'c' } }, ['/on']],
    [{ ...plain, on: { tag: 'c', affordance: 'on' } }, ['/on']],
    [{ ...plain, on: { thing: 'urn:a:b', affordance: 'on' }, ops: ['manage'] }, ['/ops']],
    [{ ...plain, ops: [] }, ['/ops']],
    [{ ...plain, ops: ['read', 'fly'] }, ['/ops/1']],
    [{ ...plain, effect: 'maybe' }, ['/effect']],
    [{ ...plain, when: { until: 'Sunday' } }, ['/when/until']],
    [{ ...plain, when: { until: '2026-02-30T00:00:00Z' } }, ['/when/until']],
    [
      { ...plain, when: { from: '2026-11-29T18:00:00Z', until: '2026-11-29T18:00:00Z' } },
      ['/when/until'],
    ],
    [{ ...plain, when: { days: ['mon'] } }, ['/when/zone']],
    [{ ...plain, when: { days: ['monday'], zone: 'UTC' } }, ['/when/days/0']],
    [
      { ...plain, when: { hours: { from: '7:00', to: '25:00' }, zone: 'UTC' } },
      ['/when/hours/from', '/when/hours/to'],
    ],
    [{ ...plain, when: { hours: { from: '07:00', to: '07:00' }, zone: 'UTC' } }, ['/when/hours']],
    [{ ...plain, when: { hours: { from: '07:00' }, zone: 'UTC' } }, ['/when/hours/to']],
    [{ ...plain, when: { days: ['mon'], zone: 'Mars/Olympus' } }, ['/when/zone']],
    [{ ...plain, when: { days: ['mon'], zone: '+01:00' } }, ['/when/zone']],
    [
      {
        ...plain,
        when: {
          network: ['10.0.0.0/33', 'fd00::/129', '10.0.0', '::ffff:10.0.0.0/104', '10.0.0.1'],
        },
      },
      ['/when/network/0', '/when/network/1', '/when/network/2', '/when/network/3'],
    ],
  ])('%j is refused at %j', (document, fields) => {
    expect(Object.keys(errorsOf(document)).sort()).toEqual([...fields].sort());
  });

  it('is refused with all that is wrong, each in a sentence', () => {
    expect(errorsOf({ who: { person: 'a' }, on: 'all', ops: ['fly'], until: 'Sunday' })).toEqual({
      '/ops/0': "'fly' is not one of read, write, observe, invoke, subscribe, manage",
      '/until': 'it is not known here; known are who, on, ops, effect, when',
    });
  });

  it('is refused with a Problem, or kept in one form, whatever the document', () => {
    const words = [
      'who',
      'on',
      'ops',
      'effect',
      'when',
      'person',
      'group',
      'thing',
      'read',
      'all',
      'zone',
      '__proto__',
    ];
    const key = fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 }));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(...words, '2026-01-01T00:00:00Z', 'urn:a:b', 'mon', '07:00', '10.0.0.0/8'),
        fc
          .anything({ maxDepth: 0, withNullPrototype: false })
          .filter((value) => value !== undefined),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
      ),
    }));
    const likely = fc.record(
      { who: tree, on: tree, ops: tree, effect: tree, when: tree },
      { requiredKeys: [] },
    );
    void fc.assert(
      fc.property(fc.oneof(tree, likely), (document) => {
        const before = JSON.stringify(document);
        let kept: unknown;
        try {
          kept = readGrant(document as JsonValue);
        } catch (problem) {
          expect(problem).toBeInstanceOf(Problem);
        }
        if (kept !== undefined) expect(readGrant(kept as JsonValue)).toEqual(kept);
        expect(JSON.stringify(document)).toBe(before);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a group', () => {
  it('holds each member once, in order', () => {
    const document = { name: 'Family', members: ['person_b', 'person_a', 'person_b'] };
    expect(readGroup(document)).toEqual({ name: 'Family', members: ['person_a', 'person_b'] });
    expect(readGroup({ name: 'Nobody' })).toEqual({ name: 'Nobody', members: [] });
  });

  it('is refused where it is none', () => {
    expect(() => readGroup({ name: '', members: [1] })).toThrow(/\/name.*and 1 more/);
    expect(() => readGroup({ name: 'A', member: [] })).toThrow(/\/member/);
  });
});
