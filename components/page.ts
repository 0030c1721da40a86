import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { filesOf } from "../images/hash";
import { Connection, InternalAddress } from "./connection";
import { StackNetwork } from "./network";
import { PlatformApi } from "./platform-api";
import { connectionTo, createServer, httpCheck } from "./server";
import { ports, projectFolder } from "./stack";

export interface PageArgs {
  network: StackNetwork;
  image: pulumi.Input<string>;
  /** What `/api` is passed on to. */
  api: PlatformApi;
}

const htmlFolder = "/usr/share/nginx/html";

/** Files of installed packages that the page loads from `/vendor/`. */
const vendorFiles = ["uplot/dist/uPlot.iife.min.js", "uplot/dist/uPlot.min.css"];

/** The page: nginx with the files of `web/`, and the API behind the same address. */
export class Page extends pulumi.ComponentResource {
  readonly connection: Connection;
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: PageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:Page", name, {}, opts);

    const container = createServer(
      "nginx",
      {
        network: args.network,
        image: args.image,
        memory: "64 MB",
        uid: 101,
        publish: [ports.page],
        files: {
          "/etc/nginx/nginx.conf": args.api.connection.internal.apply(nginxConfig),
          ...pageFiles(),
        },
        healthCheck: httpCheck(ports.page, "/", "200 OK"),
      },
      { parent: this },
    );

    this.connection = connectionTo(container, args.network, "nginx", ports.page);
    this.url = pulumi.interpolate`http://${this.connection.external}`;
    this.registerOutputs({ url: this.url });
  }
}

/** What browsers ask for; `web/` also holds what the compiler needs to know about it. */
const served = /\.(html|css|js|svg)$/;

/** The page's files by their path in the container. */
function pageFiles(): Record<string, string> {
  const web = path.join(projectFolder, "web");
  const own = filesOf(web)
    .filter((file) => served.test(file))
    .map((file) => [`${htmlFolder}/${path.relative(web, file)}`, fs.readFileSync(file, "utf8")]);
  const vendor = vendorFiles.map((file) => [
    `${htmlFolder}/vendor/${path.basename(file)}`,
    fs.readFileSync(path.join(projectFolder, "node_modules", file), "utf8"),
  ]);
  return Object.fromEntries([...own, ...vendor]) as Record<string, string>;
}

/**
 * The whole of nginx's configuration. Pure. Docker's resolver is asked again every few seconds, so a new container of
 * the API is found without a restart; while there is none, `/api` answers 502 and the page still loads.
 */
export function nginxConfig(api: InternalAddress): string {
  return `worker_processes 1;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log off;
  server_tokens off;
  sendfile on;
  gzip on;
  gzip_types text/css text/javascript application/javascript application/json;
  client_max_body_size 2m;
  client_body_temp_path /tmp/client;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  resolver 127.0.0.11 valid=5s ipv6=off;
  server {
    listen ${ports.page};
    root ${htmlFolder};
    add_header X-Content-Type-Options nosniff always;
    add_header X-Frame-Options DENY always;
    add_header Referrer-Policy no-referrer always;
    add_header Content-Security-Policy "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'" always;
    location / {
      expires -1;
      try_files $uri $uri/ =404;
    }
    location /api/ {
      set $api http://${api};
      proxy_pass $api;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_connect_timeout 2s;
      proxy_read_timeout 30s;
    }
  }
}
`;
}
