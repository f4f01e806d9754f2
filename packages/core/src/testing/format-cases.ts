import type { SchemaCase } from './schema-cases.ts';

/** What each `format` means, by example. */
export const formatCases: readonly SchemaCase[] = [
  {
    name: 'a date-time',
    schema: { type: 'string', format: 'date-time' },
    fit: ['2024-02-29T12:00:00Z', '2026-11-23t04:51:56.5+01:00'],
    refused: [
      ['2023-02-29T12:00:00Z', ''],
      ['2026-11-23T04:51:56', ''],
      ['now', ''],
    ],
  },
  {
    name: 'a date',
    schema: { format: 'date' },
    fit: ['2000-02-29', 5],
    refused: [
      ['1900-02-29', ''],
      ['2024-13-01', ''],
      ['2024-1-1', ''],
    ],
  },
  {
    name: 'a time',
    schema: { format: 'time' },
    fit: ['23:59:60Z'],
    refused: [
      ['24:00:00Z', ''],
      ['12:00', ''],
    ],
  },
  {
    name: 'a uri',
    schema: { format: 'uri' },
    fit: ['urn:dev:ops:lamp', 'https://example.org/?q=1'],
    refused: [
      ['lamp', ''],
      ['http://a b', ''],
    ],
  },
  {
    name: 'an email',
    schema: { format: 'email' },
    fit: ['a@example.org'],
    refused: [['a.example.org', '']],
  },
  {
    name: 'a uuid',
    schema: { format: 'uuid' },
    fit: ['2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d'],
    refused: [['2c5ea4c0', '']],
  },
  {
    name: 'ip addresses',
    schema: { format: 'ipv4' },
    fit: ['10.0.0.255'],
    refused: [
      ['10.0.0.256', ''],
      ['10.0.0', ''],
      ['1.2.3.4.', ''],
    ],
  },
  {
    name: 'an ipv6 address',
    schema: { format: 'ipv6' },
    fit: ['::1', 'fe80::1:2'],
    refused: [
      ['::g', ''],
      ['1.2.3', ''],
    ],
  },
  {
    name: 'an unknown format, which is only a hint',
    schema: { type: 'string', format: 'color-name' },
    fit: ['anything'],
    refused: [[1, '']],
  },
];
