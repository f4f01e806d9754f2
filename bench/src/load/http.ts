import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { hasProgram } from '../process/machine.ts';
import { Program, startPinned } from '../process/program.ts';
import type { HttpTask } from './autocannon.ts';
import type { LoadResult } from './program.ts';

/** Puts HTTP load on a server from another process: by wrk where it is installed, else by autocannon. */
export async function loadHttp(task: HttpTask, core: number | undefined): Promise<LoadResult> {
  return hasProgram('wrk') ? runWrk(task, core) : runAutocannon(task, core);
}

async function runAutocannon(task: HttpTask, core: number | undefined): Promise<LoadResult> {
  await using program = Program.start('load/autocannon.ts', [JSON.stringify(task)], { core });
  return await program.line<LoadResult>();
}

async function runWrk(task: HttpTask, core: number | undefined): Promise<LoadResult> {
  const directory = mkdtempSync(join(tmpdir(), 'thingtalk-bench-'));
  const script = join(directory, 'load.lua');
  writeFileSync(script, wrkScript(task));
  const { url, connections, seconds, bodies, tokens } = task;
  const isScripted = bodies !== undefined || tokens !== undefined;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s'];
  try {
    const child = startPinned('wrk', [...args, ...(isScripted ? ['-s', script] : []), url], {
      core,
    });
    if (!child.stdout) throw new Error('wrk has no output');
    return readWrk(await text(child.stdout));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Requests are formatted once, so that wrk only hands out strings: each body with each token. */
function wrkScript({ bodies = [], tokens = [] }: HttpTask): string {
  const list = (texts: readonly string[]) => texts.map((text) => JSON.stringify(text)).join(', ');
  return `
local bodies, tokens = { ${list(bodies)} }, { ${list(tokens)} }
local requests, n = {}, 0
local function add(body, token)
  local headers = {}
  if body then headers["Content-Type"] = "application/json" end
  if token then headers["Authorization"] = "Bearer " .. token end
  requests[#requests + 1] = wrk.format(body and "PUT" or "GET", nil, headers, body)
end
init = function()
  for i = 1, math.max(1, #tokens) do
    for j = 1, math.max(1, #bodies) do add(bodies[j], tokens[i]) end
  end
end
request = function()
  n = n % #requests + 1
  return requests[n]
end
`;
}

/** Reads wrk's report. Throws when answers were errors: a fast refusal is no result. */
export function readWrk(report: string): LoadResult {
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(report)?.[1];
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(report)?.[1];
  const broken = /Socket errors: .*/.exec(report)?.[0];
  if (rate === undefined || refused || broken)
    throw new Error(`wrk: ${refused ?? broken ?? report}`);
  return { value: Number(rate) };
}
