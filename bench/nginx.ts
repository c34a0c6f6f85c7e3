// nginx as a plain reverse proxy: one worker, kept-alive connections to the upstream, no buffering.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../test/support/binary.ts";
import { track, type Child } from "./child.ts";
import { firstAnswer } from "./check.ts";
import { temporaryFolder } from "./folder.ts";
import { descriptorLimit } from "./measure.ts";

const configuration = (folder: string, port: number, upstream: string): string => `
worker_processes 1;
daemon off;
pid ${folder}/pid;
error_log ${folder}/error.log;
worker_rlimit_nofile ${descriptorLimit()};
events { worker_connections 10000; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 10000000;
  client_max_body_size 64m;
  upstream bench { server ${new URL(upstream).host}; keepalive 512; keepalive_requests 10000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://bench;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_request_buffering off;
    }
  }
}
`;

/** Its path, or null where it is not installed. */
export const nginxProgram = Bun.which("nginx", { PATH: `${process.env["PATH"]}:/usr/sbin:/usr/local/sbin` });

/** Starts it in a temporary folder. */
export async function startNginx(upstream: string): Promise<Child> {
  if (nginxProgram === null) throw new Error("nginx is not installed");
  const folder = temporaryFolder("ccb-bench-nginx-");
  const port = await freePort();
  const file = join(folder.path, "nginx.conf");
  writeFileSync(file, configuration(folder.path, port, upstream));
  const child = track(
    Bun.spawn([nginxProgram, "-p", folder.path, "-e", join(folder.path, "error.log"), "-c", file], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "inherit",
    }),
  );
  const url = `http://127.0.0.1:${port}`;
  await firstAnswer(url);
  return {
    url,
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await child.exited;
      folder[Symbol.dispose]();
    },
  };
}
