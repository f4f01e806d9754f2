import { basename, dirname, join } from 'node:path';
import { type Call, pathIn } from './calls.ts';
import type { Found } from './disk-after.ts';
import { contentsOf } from './file-contents.ts';
import { type DiskNode, FilePast, FolderPast, type When } from './past.ts';

/** A line that the program wrote to its standard output, and when it began to. */
export interface Said {
  readonly text: string;
  readonly begun: number;
}

/** The calls that a trace must show: those that are understood here, and those that would be a surprise. */
export const tracedCalls: readonly string[] = [
  ...['openat', 'mkdir', 'unlink', 'rename'],
  ...['write', 'pwrite64', 'copy_file_range', 'ftruncate', 'fsync', 'fdatasync'],
  ...['open', 'creat', 'truncate', 'fallocate', 'writev', 'pwritev', 'pwritev2', 'lseek'],
  ...['sendfile', 'sync_file_range', 'link', 'linkat', 'symlink', 'symlinkat'],
  ...['mkdirat', 'rmdir', 'unlinkat', 'renameat', 'renameat2'],
];

/** What there was before: a disk, and what the world had heard. */
export interface Remains {
  readonly disk: Found;
  readonly said: readonly string[];
}

/** What calls did to a directory, in the order in which they began; by default it was empty before. */
export function recordingOf(
  calls: readonly Call[],
  directory: string,
  before: Remains = { disk: new Map(), said: [] },
): Recording {
  const recording = new Recording(directory, before);
  for (const call of calls) recording.take(call);
  return recording;
}

/** What a program did to a directory, and what it said meanwhile. */
export class Recording {
  readonly root = new FolderPast();
  readonly said: Said[] = [];
  /** When something happened, in order. */
  readonly moments: number[] = [];
  readonly #directory: string;
  /** What has which path now. */
  readonly #live = new Map<string, DiskNode>();
  /** Where the next write through a descriptor goes. */
  readonly #positions = new Map<number, number>();

  constructor(directory: string, { disk, said }: Remains) {
    this.#directory = directory;
    this.#live.set(directory, this.root);
    this.#begin(this.root, directory, disk);
    this.said.push(...said.map((text) => ({ text, ...before })));
  }

  /** @throws `Error` when the call does to the directory what is not understood. */
  take(call: Call): void {
    const { name, args, result, begun } = call;
    if (result !== undefined && result < 0) return;
    const named = name.includes('write') ? args.slice(0, 1) : args;
    const [path, other] = named.map(pathIn).filter((one) => one !== undefined && this.#isHere(one));
    if (path !== undefined) this.#change(call, path, other);
    else if (name !== 'write' || descriptorIn(args[0]) !== 1) return;
    else this.said.push({ text: String(args[1]).trimEnd(), begun });
    this.moments.push(begun);
  }

  #change(call: Call, path: string, other = ''): void {
    const { name, args } = call;
    const when = whenOf(call);
    switch (name) {
      case 'openat':
        this.#open(call, path);
        break;
      case 'mkdir':
        this.#link(path, new FolderPast(), when);
        break;
      case 'unlink':
        this.#unlink(path, when);
        break;
      case 'rename':
        this.#rename(path, other, when);
        break;
      case 'write':
        this.#writeOn(call, path, descriptorIn(args[0]), textIn(args[1]));
        break;
      case 'pwrite64':
        this.#write(call, path, Number(args[3]), textIn(args[1]));
        break;
      case 'copy_file_range':
        this.#copy(call, path, other);
        break;
      case 'ftruncate':
        this.#file(path).did({ kind: 'size', size: Number(args[1]), ...when });
        break;
      case 'fsync':
      case 'fdatasync':
        this.#node(path).synced(when);
        break;
      default:
        throw new Error(`what ${name} does to ${path} is not understood`);
    }
  }

  /** What is there before the first line of the trace, and certain. */
  #begin(folder: FolderPast, directory: string, disk: Found): void {
    for (const [name, what] of disk) {
      const path = join(directory, name);
      if (Buffer.isBuffer(what)) {
        const file = new FilePast();
        file.did({ kind: 'write', offset: 0, bytes: what, ...before });
        file.synced(before);
        this.#link(path, file, before);
      } else {
        const inside = new FolderPast();
        this.#link(path, inside, before);
        this.#begin(inside, path, what);
      }
    }
    folder.synced(before);
  }

  #open(call: Call, path: string): void {
    const { args, result } = call;
    const when = whenOf(call);
    const flags = String(args[2]).split('|');
    if (flags.includes('O_APPEND'))
      throw new Error(`${path} is written at its end, wherever it is`);
    if (flags.includes('O_CREAT') && !this.#live.has(path)) this.#link(path, new FilePast(), when);
    if (flags.includes('O_TRUNC')) this.#file(path).did({ kind: 'size', size: 0, ...when });
    if (result !== undefined) this.#positions.set(result, 0);
  }

  #link(path: string, node: DiskNode, when: When): void {
    this.#folderOf(path).did({ kind: 'link', name: basename(path), node, ...when });
    this.#live.set(path, node);
  }

  #unlink(path: string, when: When): void {
    this.#folderOf(path).did({ kind: 'unlink', name: basename(path), ...when });
    this.#live.delete(path);
  }

  #rename(from: string, to: string, when: When): void {
    if (dirname(from) !== dirname(to)) throw new Error(`${from} leaves its folder`);
    const node = this.#node(from);
    const names = { from: basename(from), name: basename(to) };
    this.#folderOf(to).did({ kind: 'rename', ...names, node, ...when });
    this.#live.delete(from);
    this.#live.set(to, node);
  }

  /** `copy_file_range(5<from>, [0], 6<to>, NULL, 4096, 0)`: from there, to where the other stands. */
  #copy(call: Call, from: string, to: string): void {
    const start = Number.parseInt(String(call.args[1]).slice(1), 10);
    const { sure, pending } = this.#file(from).by(call.begun);
    const bytes = contentsOf([...sure, ...pending]).subarray(start);
    this.#writeOn(call, to, descriptorIn(call.args[2]), bytes);
  }

  /** Writes where the descriptor stands. */
  #writeOn(call: Call, path: string, descriptor: number, bytes: Buffer): void {
    const offset = this.#positions.get(descriptor);
    if (offset === undefined) throw new Error(`where in ${path} this is written is not known`);
    this.#write(call, path, offset, bytes);
    this.#positions.set(descriptor, offset + (call.result ?? 0));
  }

  #write(call: Call, path: string, offset: number, bytes: Buffer): void {
    const written = bytes.subarray(0, call.result);
    this.#file(path).did({ kind: 'write', offset, bytes: written, ...whenOf(call) });
  }

  #isHere(path: string): boolean {
    return path === this.#directory || path.startsWith(`${this.#directory}/`);
  }

  #node(path: string): DiskNode {
    const node = this.#live.get(path);
    if (node === undefined) throw new Error(`nothing has the path ${path}`);
    return node;
  }

  #file(path: string): FilePast {
    const node = this.#node(path);
    if (node.kind !== 'file') throw new Error(`${path} is a folder`);
    return node;
  }

  #folderOf(path: string): FolderPast {
    const node = this.#node(dirname(path));
    if (node.kind !== 'folder') throw new Error(`${dirname(path)} is a file`);
    return node;
  }
}

const before: When = { begun: -1, ended: -1 };

const whenOf = ({ begun, ended }: Call): When => ({ begun, ended });

const descriptorIn = (arg: string | Buffer | undefined) => Number.parseInt(String(arg), 10);

function textIn(arg: string | Buffer | undefined): Buffer {
  if (!Buffer.isBuffer(arg)) throw new Error(`${arg} is no text`);
  return arg;
}
