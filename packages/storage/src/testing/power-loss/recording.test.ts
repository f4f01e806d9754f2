import { expect, test } from 'vitest';
import { readCalls } from './calls.ts';
import { diskAt } from './disk-after.ts';
import { recordingOf } from './recording.ts';

const hex = (text: string) =>
  [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
const text = (of: string) => `"${hex(of)}"`;
const on = (descriptor: number, path: string) => `${descriptor}<${hex(path)}>`;

/** As strace writes it: two threads, the first of which is held up. */
const trace = [
  `7 mkdir(${text('/d/in')}, 0777) = 0`,
  `7 openat(AT_FDCWD<${hex('/')}>, ${text('/d/in/a')}, O_RDWR|O_CREAT, 0644) = 21${on(0, '/d/in/a').slice(1)}`,
  `7 openat(AT_FDCWD<${hex('/')}>, ${text('/d/in/none')}, O_RDONLY) = -1 ENOENT (No such file or directory)`,
  `7 pwrite64(${on(21, '/d/in/a')}, ${text('hello, ')}, 7, 0) = 7`,
  `7 fsync(${on(21, '/d/in/a')} <unfinished ...>`,
  `8 write(${on(21, '/d/in/a')}, ${text('J')}, 1) = 1`,
  `7 <... fsync resumed>) = 0`,
  `7 pwrite64(${on(21, '/d/in/a')}, ${text('world!')}, 6, 7) = 5`,
  `7 write(${on(1, '/dev/null')}, ${text('ack 3\n')}, 6) = 6`,
  `7 ftruncate(${on(21, '/d/in/a')}, 11) = 0`,
  `7 rename(${text('/d/in/a')}, ${text('/d/in/b')}) = 0`,
  '8 +++ killed by SIGKILL +++',
  `7 pwrite64(${on(21, '/d/in/b')}, ${text('w')}, 1, 7 <unfinished ...>`,
  '7 <... pwrite64 resumed>) = ?',
];

test('a trace is read as what was done to the files, and when', () => {
  const { root, said } = recordingOf(readCalls(trace.join('\n')), '/d');
  expect(said).toEqual([{ text: 'ack 3', begun: 8 }]);
  const seen = (line: number) => {
    const files = diskAt(root, line).get('in') as ReadonlyMap<string, Buffer>;
    return Object.fromEntries([...files].map(([name, bytes]) => [name, bytes.toString()]));
  };
  expect(seen(1)).toEqual({ a: '' });
  expect(seen(6)).toEqual({ a: 'Jello, ' });
  expect(seen(7)).toEqual({ a: 'Jello, world' });
  expect(seen(10)).toEqual({ b: 'Jello, worl' });
  expect(seen(99)).toEqual({ b: 'Jello, worl' });
});

test('what was there before is certain, and a copy is what it copies', () => {
  const before = { disk: new Map([['a', Buffer.from('before')]]), said: ['ack 1'] };
  const calls = readCalls(
    [
      `7 openat(AT_FDCWD<${hex('/')}>, ${text('/d/b')}, O_WRONLY|O_CREAT|O_TRUNC, 0644) = 22${on(0, '/d/b').slice(1)}`,
      `7 copy_file_range(${on(21, '/d/a')}, [2], ${on(22, '/d/b')}, NULL, 4096, 0) = 4`,
    ].join('\n'),
  );
  const { root, said } = recordingOf(calls, '/d', before);
  expect(said.map(({ text }) => text)).toEqual(['ack 1']);
  expect([...root.by(0).sure].map((deed) => deed.name)).toEqual(['a']);
  expect([...diskAt(root, 1)].map(String)).toEqual(['a,before', 'b,fore']);
});

test('a sync is sure only of what was written before it began, and only once it has returned', () => {
  const { root } = recordingOf(readCalls(trace.join('\n')), '/d');
  const [folder] = root.by(0).pending.flatMap((deed) => ('node' in deed ? deed.node : []));
  if (folder?.kind !== 'folder') return expect.fail('there is no folder');
  const [file] = folder.by(1).pending.flatMap((deed) => ('node' in deed ? deed.node : []));
  if (file?.kind !== 'file') return expect.fail('there is no file');
  const sure = (line: number) => file.by(line).sure.length;
  expect([sure(5), sure(6), sure(99)]).toEqual([0, 1, 1]);
});

test.each([
  ['nonsense', 'this is no line of strace'],
  ['7 <... fsync resumed>) = 0', 'had not begun'],
  [`7 write(${on(21, '/d/a')}, "\\x41"..., 9) = 9`, 'is not whole'],
  [`7 fallocate(${on(21, '/d/a')}, 0, 0, 9) = 0`, 'fallocate'],
  [`7 pwrite64(${on(21, '/d/unknown')}, "\\x41", 1, 0) = 1`, 'nothing has the path /d/unknown'],
])('what is not understood is not passed over: %s', (line, fault) => {
  expect(() => recordingOf(readCalls(line), '/d')).toThrow(fault);
});
