import { rotateKey } from '@thingtalk/gateway';

// Changes the master key in a process of its own, which is killed after a step: `rotate-process.ts <data> <after which>`.
const [data = '', after = ''] = process.argv.slice(2);
let steps = 0;
await rotateKey(
  { data },
  {
    told: (step) => {
      steps++;
      console.log(step);
      if (steps === Number(after)) process.kill(process.pid, 'SIGKILL');
    },
  },
);
